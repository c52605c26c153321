namespace Mill.Core.Sync;

/// <summary>How far a push may go.</summary>
public sealed record SyncRules
{
    /// <summary>Writes over what others wrote, too.</summary>
    public bool Overwrites { get; init; }

    /// <summary>Deletes what is wanted no longer.</summary>
    public bool Prunes { get; init; }

    /// <summary>Does so even where nobody has agreed to it before.</summary>
    public bool IsPruneConfirmed { get; init; }
}
