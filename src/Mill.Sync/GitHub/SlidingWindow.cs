namespace Mill.Sync.GitHub;

/// <summary>So much within any span of time, and no more.</summary>
/// <param name="most">What fits into the span.</param>
internal sealed class SlidingWindow(int most, TimeSpan span)
{
    private readonly Queue<(DateTimeOffset At, int Cost)> _taken = new();
    private int _sum;

    public void Take(DateTimeOffset at, int cost)
    {
        _taken.Enqueue((at, cost));
        _sum += cost;
    }

    /// <summary>Forgets what it knows, for what somebody knows better.</summary>
    /// <param name="taken">The earliest first.</param>
    public void Restart(IEnumerable<DateTimeOffset> taken)
    {
        _taken.Clear();
        _sum = 0;
        foreach (var at in taken) Take(at, 1);
    }

    /// <summary>From when on there is room for it.</summary>
    public DateTimeOffset FreeAt(DateTimeOffset now, int cost)
    {
        while (_taken.TryPeek(out var oldest) && oldest.At + span <= now) _sum -= _taken.Dequeue().Cost;
        var (left, free) = (_sum, now);
        foreach (var (at, spent) in _taken)
        {
            if (left + cost <= most) break;
            (left, free) = (left - spent, at + span);
        }
        return free;
    }
}
