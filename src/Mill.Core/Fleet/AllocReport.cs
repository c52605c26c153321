using Mill.Core.Model;

namespace Mill.Core.Fleet;

/// <summary>What a node says of one of its allocations.</summary>
public sealed record AllocReport
{
    public required string Id { get; init; }

    public required AllocStatus Status { get; init; }

    public Timestamp? StartedAt { get; init; }

    public int Restarts { get; init; }

    public string? Address { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }

    public IReadOnlyList<string>? LastLines { get; init; }

    public IReadOnlyDictionary<string, int>? SecretVersions { get; init; }

    /// <summary>Notes it. Reports come late and twice: what has ended stays ended, whatever is said of it.</summary>
    public void Apply(FleetDraft draft, NodeId node)
    {
        if (draft.Fleet.Allocs.GetValueOrDefault(Id) is not { IsTerminal: false } alloc || alloc.Node != node) return;
        var isTerminal = Status is AllocStatus.Stopped or AllocStatus.Failed;
        var after = alloc with
        {
            Status = Status,
            StartedAt = StartedAt ?? alloc.StartedAt,
            HealthyAt = Status is not AllocStatus.Healthy ? null : alloc.Status is AllocStatus.Healthy && alloc.Restarts == Restarts ? alloc.HealthyAt : draft.Now,
            LastHealthyAt = Status is AllocStatus.Healthy || alloc.Status is AllocStatus.Healthy ? draft.Now : alloc.LastHealthyAt,
            EndedAt = isTerminal ? draft.Now : null,
            Restarts = Restarts,
            Address = isTerminal ? null : Address ?? alloc.Address,
            ExitCode = ExitCode ?? alloc.ExitCode,
            Reason = Status is AllocStatus.Healthy ? null : Reason ?? alloc.Reason,
            LastLines = Status is AllocStatus.Healthy ? null : LastLines ?? alloc.LastLines,
            SecretVersions = SecretVersions ?? alloc.SecretVersions,
        };
        if (after != alloc) draft.Put(after);
    }
}
