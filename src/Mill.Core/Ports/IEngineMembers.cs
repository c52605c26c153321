using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>
/// The members of the replicated engine, one on each node that holds the state. Changes are made by the word of a quorum, and may be asked for again after
/// <see cref="MillError.OutcomeUnknown"/>. Throws as <see cref="IStateStore"/> does.
/// </summary>
public interface IEngineMembers
{
    /// <summary>
    /// Makes room for the member of a node, which may start it once this returned; or finds the one that is there. It learns everything, and does not count
    /// yet. Throws <see cref="MillError.PreconditionFailed"/> where the cluster keeps its state in an engine that Mill does not run.
    /// </summary>
    Task<EngineAdmission> AdmitAsync(NodeRecord node, CancellationToken cancellationToken);

    /// <summary>Makes the member of a node count. False while it has not caught up: ask again later.</summary>
    Task<bool> PromoteAsync(NodeRecord node, CancellationToken cancellationToken);

    /// <summary>Takes the member of a node out, for good. One that is not there is no error.</summary>
    Task RemoveAsync(NodeRecord node, CancellationToken cancellationToken);

    /// <summary>How the member of this node is doing; asks nobody else, and never throws for one that does not answer.</summary>
    ValueTask<EngineStatus> GetStatusAsync(CancellationToken cancellationToken);
}

/// <param name="MemberId">What the engine calls the member, in hex.</param>
/// <param name="InitialCluster">All members by name, with the URLs at which they reach each other; the new one too.</param>
public sealed record EngineAdmission(string MemberId, IReadOnlyDictionary<string, string> InitialCluster);

public enum EngineState
{
    Leader,
    Follower,

    /// <summary>It learns, and does not count.</summary>
    Learner,

    /// <summary>It does not answer, or knows of no leader.</summary>
    Unavailable,
}

/// <summary>How one member of the engine is doing, by its own word.</summary>
public sealed record EngineStatus(string Engine, EngineState State)
{
    public string? Version { get; init; }

    public string? MemberId { get; init; }

    public long? AppliedIndex { get; init; }

    public long? DatabaseBytes { get; init; }

    public long? DatabaseBytesInUse { get; init; }

    /// <summary>Size of the database from which on nothing is written; null where that is not known.</summary>
    public long? DatabaseQuotaBytes { get; init; }

    /// <summary>A member, this one or another, has reached that size, and nothing is written.</summary>
    public bool IsFull { get; init; }

    public Defragmentation Defragmentation { get; init; }

    public IReadOnlyList<string> Problems { get; init; } = [];
}

/// <summary>Whether the database of a member is written anew, without its gaps.</summary>
public enum Defragmentation
{
    None,

    /// <summary>It is worth it, as soon as the others let it.</summary>
    Due,

    /// <summary>It is, or is about to be, and answers nobody.</summary>
    Running,
}
