namespace Mill.Simulation.Cluster;

/// <summary>What goes wrong for a while, or once.</summary>
internal enum Trouble
{
    CutFromStore,
    SilentStore,

    /// <summary>The store hears commits of a leader, but not that it wants to keep its lease.</summary>
    LeaseLost,

    /// <summary>All commits of a leader stay under way until somebody else leads.</summary>
    CommitsHeld,
    NewsDelayed,
    NewsBroken,
    StoreCompacted,
    LinkCutOneWay,
    LinkCutBothWays,
    LinkSlow,

    /// <summary>A leader is stopped for longer than its lease, between its look at the state and its look at the lease.</summary>
    StoppedAtLease,
    Stopped,
    Asleep,
    Crash,
    Resignation,
    HandOver,
    ClockSet,

    /// <summary>A node could decide nothing for a while: its vault is sealed.</summary>
    Unwilling,
}
