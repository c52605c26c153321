namespace Mill.Simulation.Cluster;

/// <summary>Bugs that are put in on purpose, in what the nodes stand on: a simulation that lets one of them through is worth nothing.</summary>
internal enum ClusterMutation
{
    None,

    /// <summary>Batches do not demand that their leader is still in office.</summary>
    FenceDropped,

    /// <summary>A leader believes in its lease for ever.</summary>
    LeaseForEver,

    /// <summary>The store ends leases earlier than it promised.</summary>
    LeaseEndsEarly,

    /// <summary>The leader is asked how far the state is, and its answer is a little behind.</summary>
    AnswerBehind,

    /// <summary>A node that does not lead answers from what it has.</summary>
    OwnReplica,

    /// <summary>The quorum's word is not asked for: what this node has must do.</summary>
    OwnQuorum,

    /// <summary>A moment that somebody asks about is not settled for the leaders to come.</summary>
    MomentForgotten,

    /// <summary>Idempotency keys are not stored.</summary>
    KeyForgotten,

    /// <summary>A lost reply is taken for a commit that did not happen.</summary>
    UnknownDenied,

    /// <summary>Now and then a node is not told of a commit.</summary>
    NewsLost,

    /// <summary>A commit that arrives twice happens twice.</summary>
    HappensTwice,
}
