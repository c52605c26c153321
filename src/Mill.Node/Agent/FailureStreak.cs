namespace Mill.Node.Agent;

/// <summary>How often in a row a container was not healthy, counted once per interval at most: whoever is woken looks more often, and what lasts no longer must not count for more.</summary>
internal sealed class FailureStreak(TimeSpan interval, TimeProvider time)
{
    private long _counted;

    public int Count { get; private set; }

    /// <summary>Until the next look.</summary>
    public TimeSpan Due => Left > TimeSpan.Zero ? Left : interval;

    /// <summary>Until another failure counts.</summary>
    private TimeSpan Left => Count is 0 ? TimeSpan.Zero : interval - time.GetElapsedTime(_counted);

    public void Add()
    {
        if (Left > TimeSpan.Zero) return;
        (Count, _counted) = (Count + 1, time.GetTimestamp());
    }

    /// <summary>It was healthy.</summary>
    public void End() => Count = 0;
}
