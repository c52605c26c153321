using Mill.Core.Model;

namespace Mill.State.Leadership;

/// <summary>Who stands for election.</summary>
/// <param name="IsWilling">False while it could decide nothing, because its vault is sealed: another node does better.</param>
public sealed record Candidate(NodeId Node, string Name, Func<bool> IsWilling)
{
    public Candidate(NodeId node, string name)
        : this(node, name, static () => true)
    {
    }
}
