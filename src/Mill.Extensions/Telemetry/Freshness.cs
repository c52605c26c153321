using Mill.Secrets.Providers;

namespace Mill.Extensions.Telemetry;

/// <summary>Since when what is given may not be the latest. Tells the metrics as long as it lives.</summary>
internal sealed class Freshness : IDisposable
{
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _begin;
    private readonly Func<DateTimeOffset?> _staleSince;
    private readonly Lock _lock = new();
    private readonly Dictionary<string, DateTimeOffset> _failing = new(StringComparer.Ordinal); // which places cannot be asked, and since when: of several, each has an outage of its own
    private DateTimeOffset? _answered;

    /// <param name="staleSince">For places that know by themselves since when they may not have the latest; null while they have it, or do not know.</param>
    public Freshness(string name, TimeProvider time, Func<DateTimeOffset?> staleSince)
    {
        (Name, _time, _begin, _staleSince) = (name, time, time.GetUtcNow(), staleSince);
        SecretMeters.Add(this);
    }

    public string Name { get; }

    /// <summary>When everything that was asked was last answered; null for never.</summary>
    public DateTimeOffset? Answered
    {
        get
        {
            lock (_lock) return _answered;
        }
    }

    /// <summary>How long what is given may not have been the latest: nothing while all is well.</summary>
    public TimeSpan Age => (_staleSince() ?? FailingSince()) is { } since ? _time.GetUtcNow() - since : TimeSpan.Zero;

    /// <summary>Everything was asked.</summary>
    /// <param name="error">Null where everything was answered.</param>
    public void Tell(SecretProviderException? error)
    {
        lock (_lock)
        {
            if (error is not null) FailLocked(error.Provider);
            else SucceedLocked();
        }
    }

    /// <summary>One secret was asked for. What one place of several answers says nothing of another that cannot be asked.</summary>
    /// <param name="provider">Whose answer, if it comes from no part of it, is that of all its parts.</param>
    /// <param name="states">Of the places that know by themselves: one that gives what it had before is no better by that.</param>
    public void Tell(SecretLookup lookup, string provider, IReadOnlyCollection<PlaceState> states)
    {
        lock (_lock)
        {
            foreach (var state in states)
            {
                if (state.Error is null) _failing.Remove(state.Name);
                else FailLocked(state.Name);
            }
            if (lookup.Error is { } error)
            {
                FailLocked(error.Provider);
                return;
            }
            var answered = lookup.ResolvedFrom is { } place && place != provider ? [place] : _failing.Keys.ToArray();
            foreach (var name in answered)
            {
                if (!states.Any(state => state.Error is not null && state.Name == name)) _failing.Remove(name);
            }
            if (_failing.Count == 0) SucceedLocked();
        }
    }

    /// <summary>What could not be asked so far is another one from now on.</summary>
    public void Begin()
    {
        lock (_lock) _failing.Clear();
    }

    public void Dispose() => SecretMeters.Remove(this);

    private DateTimeOffset? FailingSince()
    {
        lock (_lock) return _failing.Count == 0 ? null : _failing.Values.Min();
    }

    private void FailLocked(string place) => _failing.TryAdd(place, _answered ?? _begin);

    private void SucceedLocked()
    {
        _failing.Clear();
        _answered = _time.GetUtcNow();
    }
}
