namespace Mill.Testing;

/// <summary>What an <see cref="InMemoryStateStore"/> lets go wrong with a commit.</summary>
public enum StoreFault
{
    /// <summary>The commit happens, and its caller hears OutcomeUnknown.</summary>
    ReplyLost,

    /// <summary>The commit does not happen, and its caller hears OutcomeUnknown.</summary>
    RequestLost,

    /// <summary>The commit does not happen: StorageFull.</summary>
    Full,

    /// <summary>The commit does not happen: StorageUnavailable.</summary>
    Unavailable,
}
