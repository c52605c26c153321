namespace Mill.State.Etcd;

/// <summary>Which revisions may be forgotten: those that are both old and far behind. Pure; it is told the time.</summary>
/// <param name="keepRevisions">So many of the latest stay, however old.</param>
/// <param name="keepFor">All of this age stay, however many.</param>
internal sealed class CompactionRule(long keepRevisions, TimeSpan keepFor)
{
    private readonly Queue<(DateTimeOffset At, long Revision)> _seen = [];
    private long _old; // the store had reached it at least keepFor ago

    /// <summary>Takes note of where the store stands, and returns up to where it may be compacted: nothing if zero.</summary>
    /// <param name="isFull">There is no room for anything new: all of the past goes. Who still needs it reads everything again.</param>
    public long See(DateTimeOffset now, long revision, bool isFull = false)
    {
        _seen.Enqueue((now, revision));
        while (_seen.TryPeek(out var oldest) && now - oldest.At >= keepFor) _old = Math.Max(_old, _seen.Dequeue().Revision);
        return isFull ? revision : Math.Max(0, Math.Min(_old, revision - keepRevisions));
    }
}
