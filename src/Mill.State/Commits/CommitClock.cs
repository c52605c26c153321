using Mill.Core.Model;

namespace Mill.State.Commits;

/// <summary>Commit times: the clock's, but always after every time given out or settled before, whatever the clock does.</summary>
internal sealed class CommitClock(TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(1);

    private long _floor;

    private Timestamp Now => Timestamp.From(time.GetUtcNow());

    private Timestamp Floor => new(Volatile.Read(ref _floor));

    /// <summary>No later commit gets a time at or before this one. Only the commit pipeline calls it, so it needs no lock.</summary>
    public void Settle(Timestamp moment)
    {
        if (moment > Floor) Volatile.Write(ref _floor, moment.Microseconds);
    }

    /// <summary>The time of the next commit; the same again until it is settled.</summary>
    public Timestamp Next()
    {
        var now = Now;
        return now > Floor ? now : Floor + Step;
    }
}
