namespace Mill.Simulation;

/// <summary>What becomes of a commit that reached the store.</summary>
internal enum CommitFault
{
    None,

    /// <summary>It happens; the reply does not arrive.</summary>
    ReplyLost,

    /// <summary>It does not happen; the caller cannot tell.</summary>
    RequestLost,

    /// <summary>It does not happen: the storage is full.</summary>
    Full,

    /// <summary>It does not happen: the storage cannot be reached, for this and some time to come.</summary>
    Unavailable,

    /// <summary>Another writer's commit to the head record comes first.</summary>
    Foreign,

    /// <summary>It happens, the reply does not arrive, and then another writer's commit covers the traces.</summary>
    ReplyLostThenForeign,

    /// <summary>It takes longer than anybody waits for it, and happens.</summary>
    Slow,

    /// <summary>It takes longer than anybody waits for it, happens, and the reply does not arrive.</summary>
    SlowReplyLost,
}
