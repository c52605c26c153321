using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Members;

/// <summary>What a node may be called, where it may be, and which nodes may talk.</summary>
public static class NodeRules
{
    public const string NameRule = "A node's name has 1 to 253 of A-Z a-z 0-9 . - _ and starts with a letter or digit.";

    public const string AddressRule = "An address is the IP address at which other nodes reach this one, without port or brackets.";

    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;
    private const int MaxVersionLength = 64;

    /// <summary>Whether a node that was shown to be this one still belongs to the cluster. Asked for every request: a node is out once it is removed.</summary>
    public static bool MayTalk(ClusterState state, NodeIdentity identity) =>
        state.Cluster?.Id == identity.ClusterId && state.Nodes.TryGetValue(identity.Node, out var node) && node.Role == identity.Role;

    public static bool IsName([NotNullWhen(true)] string? name) =>
        name is { Length: > 0 and <= MaxNameLength } && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Whether a name is one that a host can have (RFC 1123, 2.1). What looks like an address is none.</summary>
    public static bool IsHostName(string name)
    {
        var labels = name.Split('.');
        return IsName(name) && labels.All(IsLabel) && !labels[^1].All(char.IsAsciiDigit);
    }

    /// <summary>The one text of an address that others can call; null where it is none.</summary>
    public static string? NormalAddress(string? text)
    {
        if (!IPAddress.TryParse(text, out var address) || text.Contains('%') || text.Contains('[')) return null;
        // What reads 010.1 as an address reads it differently elsewhere.
        if (address.AddressFamily is AddressFamily.InterNetwork && address.ToString() != text) return null;
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var isNobodys = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any) || address.Equals(IPAddress.Broadcast);
        return isNobodys || address.IsIPv6Multicast || address.GetAddressBytes() is [>= 224 and <= 239, _, _, _] ? null : address.ToString();
    }

    /// <summary>The same place, with its address in its one text. Throws <see cref="MillError.InvalidRequest"/> with everything that is wrong with it.</summary>
    public static NodePlace Normal(NodePlace place)
    {
        var problems = new List<MillProblem>();
        void Require(bool holds, string detail, string pointer)
        {
            if (!holds) problems.Add(new(MillError.InvalidRequest.ToCode(), detail, pointer));
        }

        var address = NormalAddress(place.Address);
        Require(IsName(place.Name), NameRule, "/name");
        Require(address is not null, AddressRule, "/address");
        Require(IsPort(place.ApiPort), "A port is from 1 to 65535.", "/api_port");
        Require(IsPort(place.PeerPort), "A port is from 1 to 65535.", "/peer_port");
        Require(place.ApiPort != place.PeerPort, "The two ports must differ.", "/peer_port");
        Require(Enum.IsDefined(place.Role), "The role is vault, api or both.", "/role");
        Require(place.Version is { Length: > 0 and <= MaxVersionLength } version && version.All(c => c is > ' ' and <= '~'), "This is no version of Mill.", "/version");
        return problems.Count == 0
            ? place with { Address = address! }
            : throw new MillException(MillError.InvalidRequest, $"This cannot be a node: {problems[0].Detail}") { Problems = problems };
    }

    /// <summary>Throws <see cref="MillError.AlreadyExists"/> where another node has the name, or one of the ports at the address.</summary>
    public static void DemandFree(ClusterState state, NodePlace place, NodeId? self = null)
    {
        foreach (var other in state.Nodes.Values.Where(node => node.Id != self))
        {
            if (string.Equals(other.Name, place.Name, StringComparison.OrdinalIgnoreCase)) throw Taken($"The name \"{place.Name}\" is that of node {other.Id}.");
            if (other.Address != place.Address) continue;
            var ports = new[] { place.ApiPort, place.PeerPort }.Intersect([other.ApiPort, other.PeerPort]).ToList();
            if (ports.Count > 0) throw Taken($"{new IPEndPoint(IPAddress.Parse(place.Address), ports[0])} is the address of node {other.Id} (\"{other.Name}\").");
        }
    }

    private static MillException Taken(string message) =>
        new(MillError.AlreadyExists, message) { Hint = "Choose another, or remove that node first if it is gone for good." };

    private static bool IsLabel(string label) =>
        label is { Length: > 0 and <= MaxLabelLength } && label[0] != '-' && label[^1] != '-' && !label.Contains('_');

    private static bool IsPort(int port) => port is > 0 and <= IPEndPoint.MaxPort;
}

/// <summary>A node as it presents itself: what it is called, where it is, and what it is for.</summary>
/// <param name="ApiPort">Where it answers clients and other nodes.</param>
/// <param name="PeerPort">Where its replicated engine listens for the others.</param>
/// <param name="Version">The version of Mill it runs.</param>
public sealed record NodePlace(string Name, string Address, int ApiPort, int PeerPort, NodeRole Role, string Version);
