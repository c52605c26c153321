using Mill.State.Commits;

namespace Mill.State.Leadership;

/// <summary>One term of office: from the commit that wrote the leader record to the end of its lease, or until the leader gives up.</summary>
internal sealed class Term
{
    private readonly TimeProvider _leaseClock;
    private long _sureUntil;
    private volatile bool _isOver;

    /// <param name="open">Makes what takes the writes of the term.</param>
    public Term(long fence, TimeProvider leaseClock, Func<Term, CommitPipeline> open)
    {
        (Fence, _leaseClock) = (fence, leaseClock);
        Pipeline = open(this);
    }

    /// <summary>The revision that wrote the leader record. Every commit of the term demands that it is still there.</summary>
    public long Fence { get; }

    /// <summary>Takes the writes of this term, and ends with it.</summary>
    public CommitPipeline Pipeline { get; }

    /// <summary>
    /// True while no other node can have taken office. Look at the state first and at this after: it then says that what was seen was the latest.
    /// </summary>
    public bool IsSure => _leaseClock.GetTimestamp() < Volatile.Read(ref _sureUntil) && !_isOver;

    /// <summary>The lease was given its whole time again, no earlier than at this timestamp of the lease clock.</summary>
    public void Renewed(long at)
    {
        var sure = LeaseTimes.TimeToLive - LeaseTimes.Margin;
        Volatile.Write(ref _sureUntil, at + (long)(sure.TotalSeconds * _leaseClock.TimestampFrequency));
    }

    /// <summary>From now on, nothing is sure, even if the lease is renewed in this very moment.</summary>
    public void End() => _isOver = true;
}
