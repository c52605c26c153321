namespace Mill.Testing.GitHub;

/// <summary>What every request passes first: the limits, and what goes wrong on demand. Used within the lock.</summary>
internal sealed class Entrance(FakeRateLimits? limits)
{
    private const string Nobody = "nobody";

    private readonly Dictionary<string, RateMeter> _meters = [];
    private readonly List<(FakeFault Fault, int Left)> _faults = [];

    public List<FakeViolation> Violations { get; } = [];

    public void Add(FakeFault fault) => _faults.Add((fault, fault.Times));

    public void ClearFaults() => _faults.Clear();

    public RateMeter Meter(string? account)
    {
        if (!_meters.TryGetValue(account ?? Nobody, out var meter))
            _meters[account ?? Nobody] = meter = new(limits, account is null ? limits?.AnonymousPerHour ?? 0 : limits?.PerHour ?? 0);
        return meter;
    }

    /// <summary>Null where the request may go on, with <paramref name="fault"/> where it meets one that is no refusal.</summary>
    /// <param name="underWay">How many there are at the moment, this one too.</param>
    public Answer? Refuse(RecordedRequest request, int underWay, out FakeFault? fault)
    {
        fault = null;
        var meter = Meter(request.Account);
        if (meter.Charge(request.Time, request.IsWrite) is { } refusal)
        {
            Violations.Add(new(request, refusal.Reason));
            return refusal.ToAnswer(request.Time);
        }
        if (limits is not null && underWay > limits.AtOnce) Violations.Add(new(request, $"{limits.AtOnce} requests at once"));
        fault = Take(request);
        if (fault?.Status is not { } status) return null;
        return fault.IsLimit ? meter.Refuse(Refusal.Of(fault, request.Time)).ToAnswer(request.Time) : Answer.Error(status, "Server Error");
    }

    private FakeFault? Take(RecordedRequest request)
    {
        var index = _faults.FindIndex(item => item.Fault.When?.Invoke(request) ?? true);
        if (index < 0) return null;
        var (fault, left) = _faults[index];
        if (left == 1) _faults.RemoveAt(index);
        else _faults[index] = (fault, left - 1);
        return fault;
    }
}
