using Mill.Core.Model;

namespace Mill.Vault.Envelopes;

/// <summary>
/// The encryption keys of versions that were opened or sealed a moment ago: opening one again then needs neither unwrapping nor derivation, which are most of its
/// cost. Keys are kept in two generations. When the young one is full, or old enough, it becomes the old one, and what was the old one is cleared: so a key
/// that nobody asks for is gone after two <see cref="MaxAge"/>.
/// </summary>
/// <remarks>See <c>docs/adr/0007-opened-keys.md</c>.</remarks>
internal sealed class OpenedKeys
{
    public static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    /// <summary>One generation is enough for every current version of a large store. Keys and places take 32 MiB at most.</summary>
    private const int MaxKeysPerGeneration = 1 << 17;

    /// <summary>
    /// A record lives as long as its key is kept here, even if the state has let go of it. Large ones are not worth that: with them the cost of a key is small.
    /// </summary>
    private const int MaxCiphertext = 4096;

    private readonly Lock _lock = new();
    private KeyGeneration _young = new();
    private KeyGeneration _old = new();

    /// <summary>How many are at hand.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _young.Count + _old.Count;
        }
    }

    /// <summary>Copies the key of this very record, if it is at hand. A record that was read or made anew is another one: it is opened in full first.</summary>
    public bool TryCopy(SecretVersion record, Span<byte> key)
    {
        lock (_lock)
        {
            if (_young.TryCopy(record, key)) return true;
            if (!_old.TryCopy(record, key)) return false;
            KeepLocked(record, key);
            return true;
        }
    }

    public void Keep(SecretVersion record, ReadOnlySpan<byte> key)
    {
        if (record.Ciphertext.Length > MaxCiphertext) return;
        lock (_lock) KeepLocked(record, key);
    }

    /// <summary>Forgets what nobody asks for any more, until cancelled.</summary>
    public async Task RunAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(MaxAge, time);
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false)) Age();
    }

    /// <summary>Forgets what was not asked for since the last but one call.</summary>
    public void Age()
    {
        lock (_lock) AgeLocked();
    }

    /// <summary>Forgets everything, at once.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            _young.Clear();
            _old.Clear();
        }
    }

    private void KeepLocked(SecretVersion record, ReadOnlySpan<byte> key)
    {
        if (_young.Count == MaxKeysPerGeneration) AgeLocked();
        _young.Keep(record, key);
    }

    private void AgeLocked()
    {
        (_young, _old) = (_old, _young);
        _young.Clear();
    }
}
