using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Docker;

namespace Mill.Node.Agent;

/// <summary>What all allocations of a node have in common.</summary>
internal sealed record NodeParts
{
    public required NodeId Node { get; init; }

    /// <summary>At which others reach what runs here.</summary>
    public required string Address { get; init; }

    public required DockerClient Docker { get; init; }

    public required IVault Vault { get; init; }

    /// <summary>What runs, and where, as it is known here.</summary>
    public required Func<CancellationToken, ValueTask<FleetState>> Fleet { get; init; }

    public required PortPool Ports { get; init; }

    public required AllocFiles Files { get; init; }

    public required HttpMessageInvoker Http { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Told that there is something new to say. Must not throw.</summary>
    public required Action Changed { get; init; }
}
