using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>How a secret of a target stands to what it should be.</summary>
public enum SyncState
{
    InSync,

    /// <summary>Not there.</summary>
    Missing,

    /// <summary>There as we left it, and the vault has another value.</summary>
    Stale,

    /// <summary>Ours, and somebody wrote it since.</summary>
    Tampered,

    /// <summary>There, and not ours.</summary>
    Foreign,

    /// <summary>Ours, and wanted no longer.</summary>
    Orphan,

    /// <summary>The policy says no.</summary>
    Denied,

    /// <summary>Wanted, and the vault has no such secret.</summary>
    NoSource,
}

/// <summary>What is done about it.</summary>
public enum SyncAction
{
    None,
    Create,
    Update,
    Delete,

    /// <summary>Only the ledger is corrected.</summary>
    Adopt,
}

/// <summary>One secret of a plan.</summary>
/// <param name="Name">As GitHub has it.</param>
/// <param name="Reason">Why this, and not more; a part of a sentence.</param>
public sealed record SyncStep(string Name, SyncState State, SyncAction Action, string Reason)
{
    /// <summary>Null for an orphan.</summary>
    public SyncSource? Source { get; init; }

    /// <summary>GitHub's <c>updated_at</c>, as the plan knows it; null where it is not there.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>Why it could not be done, where that is a fault to be mended.</summary>
    public MillError? Error { get; init; }

    /// <summary>It would be deleted, had anybody agreed to a first prune.</summary>
    public bool IsHeldForConsent { get; init; }

    public bool IsWrite => Action is SyncAction.Create or SyncAction.Update;
}

/// <summary>The words for them: in documents and in output for programs.</summary>
public static class SyncWords
{
    public static string Text(this SyncState state) => state switch
    {
        SyncState.InSync => "in_sync",
        SyncState.NoSource => "no_source",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string Text(this SyncAction action) => action.ToString().ToLowerInvariant();
}
