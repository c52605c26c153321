using System.Collections.Concurrent;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Secrets.Providers.Changes;

namespace Mill.Client.Providers;

/// <summary>What is known of the vault's secrets, by key.</summary>
internal sealed class VaultCache
{
    /// <summary>How many secrets that are not there are remembered: names may come from outside, and there is no end of them.</summary>
    public const int MostAbsent = 1024;

    private readonly ConcurrentDictionary<string, KnownSecret> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _absent = new(); // in the order in which they were found missing; some may be there by now
    private long _asked;

    public IEnumerable<string> Keys => _known.Keys;

    /// <summary>Those that are not there do not count.</summary>
    public int Count => _known.Count(known => known.Value.Secret is not null);

    /// <summary>Null where nothing is known.</summary>
    public KnownSecret? Find(string key) => _known.TryGetValue(key, out var known) ? known : null;

    /// <summary>To be taken before a question is sent: answers may overtake each other.</summary>
    public long Ask() => Interlocked.Increment(ref _asked);

    /// <summary>
    /// Takes what the vault said; the value goes with it. Says what has changed by it; null where nothing has, where nothing was known, and where a later question was answered already. Call it by one at a time.
    /// </summary>
    public KeyChange? Put(string key, SecretValue? value, int version, long asked)
    {
        var before = Find(key);
        // What happened between the two answers is told by the watch, so the one that was asked for later is as good as any.
        if (before?.Asked > asked)
        {
            value?.Dispose();
            return null;
        }
        var isSame = before is not null && (value is null ? before.Secret is null : before.Secret?.Holds(value) is true);
        // Once a change was told, no event is of what was found first.
        _known[key] = new(value is null ? null : new(value, version), asked, before is null ? version : isSame ? before.FirstVersion : KnownSecret.Told);
        before?.Secret?.Clear();
        if (value is null && (before is null || before.Secret is not null)) LimitAbsent(key);
        if (before is null || isSame) return null;
        return new(key, value is null ? SecretChangeKind.Removed : before.Secret is null ? SecretChangeKind.Added : SecretChangeKind.Rotated);
    }

    /// <summary>What is known of it is the last good word from now on: the vault was asked for it, and did not say.</summary>
    public void Doubt(string key)
    {
        if (Find(key) is { IsDoubtful: false } known) _known.TryUpdate(key, known with { IsDoubtful = true }, known);
    }

    public void Clear()
    {
        foreach (var key in _known.Keys)
        {
            if (_known.TryRemove(key, out var known)) known.Secret?.Clear();
        }
    }

    /// <summary>Forgets the ones that were found missing first; they are asked for anew.</summary>
    private void LimitAbsent(string key)
    {
        _absent.Enqueue(key);
        while (_absent.Count > MostAbsent)
        {
            var oldest = _absent.Dequeue();
            if (Find(oldest) is { Secret: null } known) _known.TryRemove(new(oldest, known));
        }
    }
}

/// <summary>One secret as the vault said it, or that there is none.</summary>
/// <param name="Asked">Which question this answers.</param>
/// <param name="FirstVersion">What it was when nothing had been known; 0 where there was none, and <see cref="Told"/> since something changed.</param>
internal sealed record KnownSecret(StoredSecret? Secret, long Asked, int FirstVersion)
{
    public const int Told = -1;

    /// <summary>Whether the vault did not say when it was asked the last time: then it is asked each time.</summary>
    public bool IsDoubtful { get; init; }

    /// <summary>Whether a change that the watch tells of is the one that made what was found first.</summary>
    public bool IsFirst(SecretChangeKind kind, int version) => kind is SecretChangeKind.Removed ? FirstVersion is 0 : version == FirstVersion;
}
