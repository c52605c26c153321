using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>How the life of one container came to its end.</summary>
/// <param name="Reason">What was wrong; null where it ended by itself, and well.</param>
internal sealed record LifeEnd(string? Reason, int? ExitCode, IReadOnlyList<string>? LastLines)
{
    public bool HasStarted { get; init; } = true;

    public LifeTrouble Trouble { get; init; }

    /// <summary>Of something that has failed.</summary>
    public static LifeTrouble TroubleOf(Exception cause) => cause is not MillException { Error: var error }
        ? LifeTrouble.Own
        : error switch
        {
            MillError.EngineUnavailable => LifeTrouble.Engine,
            MillError.NoLeader or MillError.NoQuorum or MillError.NotReady or MillError.VaultSealed or MillError.Unreachable or MillError.RequestTimeout or MillError.OutcomeUnknown or MillError.StorageUnavailable
                or MillError.RateLimited or MillError.NoRoom => LifeTrouble.Passing,
            _ => LifeTrouble.Own,
        };
}

/// <summary>Whose fault it was.</summary>
internal enum LifeTrouble
{
    /// <summary>That of the container, if anybody's.</summary>
    Own,

    /// <summary>Nothing is known of the container, as where the Engine could not be reached. It is taken up anew.</summary>
    Engine,

    /// <summary>Something that it needs is not there right now: the vault, another service, a port.</summary>
    Passing,
}
