using Mill.Core.Model;

namespace Mill.State.Commits;

/// <summary>Commit times: the clock's, but always after every time given out or settled before, whatever the clock does.</summary>
internal sealed class CommitClock(TimeProvider time)
{
    private static readonly TimeSpan Step = TimeSpan.FromMicroseconds(1);

    private Timestamp _floor;

    public Timestamp Now => Timestamp.From(time.GetUtcNow());

    /// <summary>No later commit gets a time at or before this one. Only the commit pipeline calls it, so it needs no lock.</summary>
    public void Settle(Timestamp moment) => _floor = moment > _floor ? moment : _floor;

    /// <summary>The time of the next commit; the same again until it is settled.</summary>
    public Timestamp Next()
    {
        var now = Now;
        return now > _floor ? now : _floor + Step;
    }
}
