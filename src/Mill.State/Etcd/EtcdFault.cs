namespace Mill.State.Etcd;

/// <summary>What a failed call leaves to believe.</summary>
internal enum EtcdFault
{
    /// <summary>It never left: no connection was made. Nothing happened.</summary>
    NotSent,

    /// <summary>It may have left, and no whole answer came.</summary>
    NoReply,

    /// <summary>The member would not serve it: it has no leader, is a learner, is overloaded. Nothing happened; another member, or a later moment, may do.</summary>
    NotServed,

    /// <summary>The member gave it up halfway: it may still happen.</summary>
    Doubtful,

    /// <summary>The database reached its quota. Nothing happened.</summary>
    Full,

    /// <summary>More operations or bytes than the member takes. Nothing happened.</summary>
    TooLarge,

    /// <summary>The lease is gone. Nothing happened.</summary>
    LeaseGone,

    /// <summary>The revision is compacted.</summary>
    Compacted,

    /// <summary>The members do not hold the same, or the member found damage.</summary>
    Damaged,

    /// <summary>A no to this very request, from any member at any time. Nothing happened.</summary>
    Refused,
}

/// <summary>A call failed.</summary>
internal sealed class EtcdException(EtcdFault fault, string message, Exception? cause = null) : Exception(message, cause)
{
    public EtcdFault Fault { get; } = fault;
}
