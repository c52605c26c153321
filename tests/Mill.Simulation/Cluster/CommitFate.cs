namespace Mill.Simulation.Cluster;

/// <summary>What becomes of a commit on its way to the store and back.</summary>
internal enum CommitFate
{
    Arrives,

    /// <summary>It happens; its sender never hears of it.</summary>
    ReplyLost,

    /// <summary>It does not happen, and its sender cannot tell.</summary>
    RequestLost,

    /// <summary>It arrives long after its sender gave up, and most often when somebody else leads.</summary>
    Late,

    /// <summary>It arrives, and then once more.</summary>
    Twice,

    /// <summary>It happens, and its sender dies before it hears of it.</summary>
    SenderCrashes,
}
