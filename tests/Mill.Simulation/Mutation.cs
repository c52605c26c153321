namespace Mill.Simulation;

/// <summary>Bugs that are put in on purpose: a checker that lets one of them through is worth nothing.</summary>
internal enum Mutation
{
    None,

    // In the store.
    DropAcknowledgedCommit,
    TearCommit,
    ForgetIdempotency,
    KeepVersionCurrent,
    HideDestroyedKey,
    TurnBackHead,
    RewriteOldVersion,

    // In the state above it.
    StaleReads,
    LoseAdvance,
    SwapAdvances,
    AnswerTwice,
}

internal static class Mutations
{
    public static bool IsOfState(this Mutation mutation) => mutation >= Mutation.StaleReads;
}
