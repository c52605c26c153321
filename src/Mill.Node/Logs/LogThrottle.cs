namespace Mill.Node.Logs;

/// <summary>How much one container may write onto the disk: a flood of one must not take it from the others, nor from the store of the cluster.</summary>
internal sealed class LogThrottle(TimeProvider time)
{
    /// <summary>In bytes, at once.</summary>
    public const long Burst = 16 << 20;

    /// <summary>In bytes per second.</summary>
    public const long Steady = 1 << 20;

    private double _left = Burst;
    private long _asOf = time.GetTimestamp();

    /// <summary>False where it is too much.</summary>
    public bool IsTaken(int bytes)
    {
        var now = time.GetTimestamp();
        _left = Math.Min(Burst, _left + (time.GetElapsedTime(_asOf, now).TotalSeconds * Steady));
        _asOf = now;
        if (_left < bytes) return false;
        _left -= bytes;
        return true;
    }
}
