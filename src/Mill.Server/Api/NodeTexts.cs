using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Server.Api;

/// <summary>Nodes and roles as requests name them.</summary>
internal static class NodeTexts
{
    public static MillException WrongRole() => new(MillError.InvalidRequest, "The role is vault, api or both.")
    {
        Problems = [new(MillError.InvalidRequest.ToCode(), "This is vault, api or both.", "/role")],
    };

    /// <summary>The node with an id or a name. Throws <see cref="MillError.NotFound"/>.</summary>
    public static NodeRecord Demand(ClusterState state, string idOrName)
    {
        if (NodeId.TryParse(idOrName, out var id) && state.Nodes.TryGetValue(id, out var node)) return node;
        return state.Nodes.Values.FirstOrDefault(node => string.Equals(node.Name, idOrName, StringComparison.OrdinalIgnoreCase))
            ?? throw new MillException(MillError.NotFound, "There is no node with this id or name.") { Hint = "mill nodes lists them." };
    }
}
