using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;

namespace Mill.Tests.Sync;

/// <summary>A vault in memory, with the ledgers in it as text, as in a real one.</summary>
internal sealed class MemoryVault : ISecretSource, ILedgerStore, IWriteTimesStore
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Version, byte[]? Value)> _secrets = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Version, string Text)> _ledgers = new(StringComparer.OrdinalIgnoreCase);

    private (int Version, string Text)? _times;

    /// <summary>Called before (false) and after (true) each write to a ledger; may throw.</summary>
    public Action<bool> LedgerWrites { get; set; } = _ => { };

    /// <summary>Called before a ledger is read.</summary>
    public Action<SecretScope> LedgerReads { get; set; } = _ => { };

    /// <summary>Called before a value is read; may throw.</summary>
    public Action<string> Reads { get; set; } = _ => { };

    public List<string> Lists { get; } = [];

    public int LedgerWriteCount { get; private set; }

    /// <summary>Every text that a ledger ever had.</summary>
    public List<string> LedgerTexts { get; } = [];

    public void Set(string name, string value) => Set(name, Encoding.UTF8.GetBytes(value));

    public void Set(string name, byte[] value)
    {
        lock (_lock) _secrets[name] = (_secrets.GetValueOrDefault(name).Version + 1, value);
    }

    public void Delete(string name)
    {
        lock (_lock) if (_secrets.TryGetValue(name, out var secret)) _secrets[name] = secret with { Value = null };
    }

    public string? ValueOf(string name)
    {
        lock (_lock) return _secrets.GetValueOrDefault(name).Value is { } value ? Encoding.UTF8.GetString(value) : null;
    }

    public Ledger? LedgerOf(SecretScope target)
    {
        lock (_lock) return _ledgers.TryGetValue(target.ToString(), out var stored) ? Parse(stored.Text, target) : null;
    }

    public Task<IReadOnlyDictionary<string, int>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            Lists.Add(prefix);
            return Task.FromResult<IReadOnlyDictionary<string, int>>(_secrets.Where(pair => pair.Value.Value is not null && pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key, pair => pair.Value.Version));
        }
    }

    public Task<SecretValue?> ReadAsync(string name, int version, CancellationToken cancellationToken)
    {
        Reads(name);
        lock (_lock) return Task.FromResult(_secrets.GetValueOrDefault(name) is { Value: { } value } secret && secret.Version == version ? SecretValue.FromBytes(value) : null);
    }

    public Task<StoredLedger?> ReadAsync(SecretScope target, CancellationToken cancellationToken)
    {
        LedgerReads(target);
        lock (_lock) return Task.FromResult(_ledgers.TryGetValue(target.ToString(), out var stored) ? new StoredLedger(Parse(stored.Text, target), stored.Version) : null);
    }

    public Task<int> WriteAsync(SecretScope target, Ledger ledger, int? expected, CancellationToken cancellationToken)
    {
        LedgerWrites(false);
        int version;
        lock (_lock)
        {
            var current = _ledgers.TryGetValue(target.ToString(), out var stored) ? stored.Version : (int?)null;
            if (current != expected) throw new MillException(MillError.PreconditionFailed, "Somebody else wrote.");
            using var text = LedgerCodec.Write(ledger);
            version = (current ?? 0) + 1;
            _ledgers[target.ToString()] = (version, text.Reveal(Encoding.UTF8.GetString));
            LedgerTexts.Add(_ledgers[target.ToString()].Text);
            LedgerWriteCount++;
        }
        LedgerWrites(true);
        return Task.FromResult(version);
    }

    public Task<StoredWriteTimes?> ReadTimesAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_times is not { } stored) return Task.FromResult<StoredWriteTimes?>(null);
            using var text = SecretValue.FromText(stored.Text);
            return Task.FromResult<StoredWriteTimes?>(new(WriteTimes.Read(text), stored.Version));
        }
    }

    public Task<int> WriteTimesAsync(WriteTimes times, int? expected, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_times?.Version != expected) throw new MillException(MillError.PreconditionFailed, "Somebody else wrote.");
            using var text = times.Write();
            _times = ((expected ?? 0) + 1, text.Reveal(Encoding.UTF8.GetString));
            return Task.FromResult(_times.Value.Version);
        }
    }

    private static Ledger Parse(string text, SecretScope target)
    {
        using var bytes = SecretValue.FromText(text);
        return LedgerCodec.Read(bytes, target);
    }
}
