using System.Collections.Concurrent;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Node.Logs;

namespace Mill.Node.Agent;

/// <summary>What all allocations of a node have in common.</summary>
internal sealed record NodeParts
{
    public required NodeId Node { get; init; }

    /// <summary>The id of the cluster that the node is of.</summary>
    public required string Cluster { get; init; }

    /// <summary>At which others reach what runs here.</summary>
    public required string Address { get; init; }

    public required DockerClient Docker { get; init; }

    public required IVault Vault { get; init; }

    /// <summary>What runs, and where, as it is known here.</summary>
    public required Func<CancellationToken, ValueTask<FleetState>> Fleet { get; init; }

    public required PortPool Ports { get; init; }

    public required AllocFiles Files { get; init; }

    public required LogStore Logs { get; init; }

    /// <summary>The images that are being fetched, by the id of the allocation.</summary>
    public ConcurrentDictionary<string, PullProgress> Pulls { get; } = new(StringComparer.Ordinal);

    /// <summary>Rung for a container of which the Engine has something new.</summary>
    public Wakes Wakes { get; } = new();

    public required HttpMessageInvoker Http { get; init; }

    public required TimeProvider Time { get; init; }

    /// <summary>Told that there is something new to say. Must not throw.</summary>
    public required Action Changed { get; init; }

    /// <summary>Told that a pull has come on. Must not throw.</summary>
    public required Action Progressed { get; init; }

    /// <summary>Told what is left of an allocation that has ended, and why. Must not throw.</summary>
    public required Action<string, string> LeftBehind { get; init; }
}
