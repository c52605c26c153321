using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>What a node says of one of its allocations.</summary>
public sealed record AllocReport
{
    public required string Id { get; init; }

    public required AllocStatus Status { get; init; }

    /// <summary>When the container that runs began to, by the clock of the node; null where none does.</summary>
    public Timestamp? StartedAt { get; init; }

    /// <summary>How many times its container ended by itself and was started again. What the cluster was to blame for does not count.</summary>
    public int Restarts { get; init; }

    public string? Address { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }

    public IReadOnlyList<string>? LastLines { get; init; }

    public IReadOnlyDictionary<string, int>? SecretVersions { get; init; }

    /// <summary>Where its container was told that other services are, by their names.</summary>
    public IReadOnlyDictionary<string, string>? Addresses { get; init; }

    /// <summary>Whether both say the same. Lists are compared by what is in them: every report is a commit.</summary>
    public bool SaysSameAs(AllocReport other) =>
        this with { LastLines = null, SecretVersions = null, Addresses = null } == other with { LastLines = null, SecretVersions = null, Addresses = null }
        && IsSame(LastLines, other.LastLines) && IsSame(other.SecretVersions, SecretVersions) && IsSame(other.Addresses, Addresses);

    /// <summary>Notes it. Reports come late and twice: what has ended stays ended, whatever is said of it, and what is known is not noted again.</summary>
    public void Apply(FleetDraft draft, NodeId node)
    {
        if (draft.Fleet.Allocs.GetValueOrDefault(Id) is not { IsTerminal: false } alloc || alloc.Node != node) return;
        var isTerminal = Status is AllocStatus.Stopped or AllocStatus.Failed;
        var (isHealthy, wasHealthy) = (Status is AllocStatus.Healthy, alloc.Status is AllocStatus.Healthy);
        var isSame = alloc.Restarts == Restarts;
        var after = alloc with
        {
            Status = Status,
            // All moments are of one clock: that of whoever leads.
            StartedAt = StartedAt is null ? isSame ? alloc.StartedAt : null : isSame ? alloc.StartedAt ?? draft.Now : draft.Now,
            HealthyAt = !isHealthy ? null : wasHealthy && isSame ? alloc.HealthyAt : draft.Now,
            LastHealthyAt = isHealthy != wasHealthy || (isHealthy && !isSame) ? draft.Now : alloc.LastHealthyAt,
            EndedAt = isTerminal ? draft.Now : null,
            Restarts = Restarts,
            Address = isTerminal ? null : Address ?? alloc.Address,
            ExitCode = ExitCode ?? alloc.ExitCode,
            Reason = isHealthy ? null : Reason ?? alloc.Reason,
            LastLines = isHealthy ? null : LastLines is null || IsSame(alloc.LastLines, LastLines) ? alloc.LastLines : LastLines,
            SecretVersions = SecretVersions is null || IsSame(alloc.SecretVersions, SecretVersions) ? alloc.SecretVersions : SecretVersions,
            Addresses = Addresses is null || IsSame(alloc.Addresses, Addresses) ? alloc.Addresses : Addresses,
        };
        if (after != alloc) draft.Put(after);
    }

    private static bool IsSame(IReadOnlyList<string>? one, IReadOnlyList<string>? other) => ReferenceEquals(one, other) || (one is not null && other is not null && one.SequenceEqual(other, StringComparer.Ordinal));

    private static bool IsSame<T>(IReadOnlyDictionary<string, T>? one, IReadOnlyDictionary<string, T>? other) => ReferenceEquals(one, other) || (one is not null && one.Count == other?.Count && !one.Except(other).Any());
}
