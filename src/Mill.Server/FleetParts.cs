using Mill.Core.Ports;

namespace Mill.Server;

/// <summary>What runs containers, as the API sees it.</summary>
/// <param name="Office">Hears the nodes, where this server leads.</param>
/// <param name="Live">What this server has heard last, where it leads, and nobody keeps.</param>
/// <param name="Logs">What the containers of this server wrote; null where it runs none.</param>
/// <param name="Exec">Programs in the containers of this server; null where it runs none.</param>
public sealed record FleetParts(IReplicatedState State, INodeReports Office, Func<LiveView> Live, Func<INodeLogs?> Logs, Func<INodeExec?> Exec);

/// <summary>What containers take, and which images are on their way, at this moment.</summary>
public sealed record LiveView(IReadOnlyList<AllocUsage> Usage, IReadOnlyList<PullProgress> Pulls)
{
    public static LiveView Empty { get; } = new([], []);

    internal AllocUsage? UsageOf(string alloc) => Usage.FirstOrDefault(usage => usage.Id == alloc);

    internal PullProgress? PullOf(string alloc) => Pulls.FirstOrDefault(pull => pull.Id == alloc);
}
