namespace Mill.Secrets.Providers.Chain;

/// <summary>What a provider answered last, by key. Answers may overtake each other: the one that was asked for later counts.</summary>
internal sealed class LastAnswers
{
    /// <summary>How many secrets that are not there are remembered: names may come from outside, and there is no end of them.</summary>
    private const int MostAbsent = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Answer> _answers = new(StringComparer.Ordinal);
    private readonly Queue<string> _absent = new(); // in the order in which they were found missing; some may be there by now
    private long _asked;

    /// <summary>To be taken before a question is sent.</summary>
    public long Ask() => Interlocked.Increment(ref _asked);

    /// <summary>Makes a copy of what was found, or remembers that there was nothing.</summary>
    public void Take(string key, SecretLookup lookup, long asked)
    {
        lock (_lock)
        {
            var known = _answers.GetValueOrDefault(key);
            if (known is not null && known.Asked > asked) return;
            if (lookup.IsFound && known?.Secret is { } same && same.Version == lookup.Version && same.Holds(lookup.Value))
            {
                _answers[key] = known with { Asked = asked };
                return;
            }
            _answers[key] = new(lookup.IsFound ? new(lookup.Value.Reveal(SecretValue.FromBytes), lookup.Version) : null, asked);
            known?.Secret?.Clear();
            if (!lookup.IsFound && (known is null || known.Secret is not null)) LimitAbsentLocked(key);
        }
    }

    /// <summary>A copy of what was there last, which the caller owns; null where nothing was.</summary>
    public (SecretValue Value, int? Version)? Recall(string key)
    {
        lock (_lock) return _answers.GetValueOrDefault(key)?.Secret is { } stored && stored.TryCopy() is { } copy ? (copy, stored.Version) : null;
    }

    public void Clear()
    {
        lock (_lock)
        {
            foreach (var answer in _answers.Values) answer.Secret?.Clear();
            _answers.Clear();
        }
    }

    private void LimitAbsentLocked(string key)
    {
        _absent.Enqueue(key);
        while (_absent.Count > MostAbsent)
        {
            var oldest = _absent.Dequeue();
            if (_answers.GetValueOrDefault(oldest) is { Secret: null }) _answers.Remove(oldest);
        }
    }

    private sealed record Answer(StoredSecret? Secret, long Asked);
}
