namespace Mill.Testing.GitHub;

/// <summary>What one account has asked for. Used within the lock.</summary>
internal sealed class RateMeter(FakeRateLimits? limits, int perHour)
{
    private const int WritePoints = 5;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly List<(DateTimeOffset At, bool IsWrite)> _requests = [];
    private Refusal? _refusal;

    public int Limit => perHour;

    public int Used { get; private set; }

    public DateTimeOffset Reset { get; private set; }

    /// <summary>Counts a request. Not null where it is refused, and then it should not have been sent.</summary>
    public Refusal? Charge(DateTimeOffset now, bool isWrite)
    {
        if (_refusal is { } earlier && now < earlier.Until) return earlier;
        _refusal = null;
        if (limits is null) return null;
        if (now >= Reset) (Used, Reset) = (0, Refusal.CeilingOf(now + Hour));
        if (Used >= perHour) return Refuse(new(Reset, $"{perHour} requests an hour", SaysRetryAfter: false, IsPrimary: true));
        _requests.RemoveAll(request => request.At <= now - Hour);
        if (Exceeded(now, isWrite) is { } exceeded) return Refuse(exceeded);
        Used++;
        _requests.Add((now, isWrite));
        return null;
    }

    /// <summary>An answer of 304 is free.</summary>
    public void Refund() => Used = Math.Max(0, Used - 1);

    public Refusal Refuse(Refusal refusal) => _refusal = refusal;

    private Refusal? Exceeded(DateTimeOffset now, bool isWrite)
    {
        var minute = _requests.Where(request => request.At > now - Minute).ToList();
        if (minute.Sum(Points) + Points((now, isWrite)) > limits!.PointsPerMinute) return new(minute[0].At + Minute, $"{limits.PointsPerMinute} points a minute");
        if (!isWrite) return null;
        if (minute.Count(request => request.IsWrite) >= limits.WritesPerMinute) return new(minute.First(request => request.IsWrite).At + Minute, $"{limits.WritesPerMinute} changes a minute");
        return _requests.Count(request => request.IsWrite) >= limits.WritesPerHour ? new(_requests.First(request => request.IsWrite).At + Hour, $"{limits.WritesPerHour} changes an hour") : null;
    }

    private static int Points((DateTimeOffset At, bool IsWrite) request) => request.IsWrite ? WritePoints : 1;
}
