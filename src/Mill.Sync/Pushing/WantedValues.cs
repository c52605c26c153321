using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Sealing;

namespace Mill.Sync.Pushing;

/// <summary>The values that a target may need, as long as it takes. What is as it should be is never read.</summary>
internal sealed class WantedValues : IDisposable
{
    private readonly Dictionary<string, SecretValue> _values = new(StringComparer.Ordinal);

    public SecretValue this[string name] => _values[name];

    /// <summary>What the sources are once the values of these names were looked at.</summary>
    public async Task<IReadOnlyDictionary<string, SyncSource>> ReadAsync(
        IReadOnlyDictionary<string, SyncSource> wanted, IEnumerable<string> names, VaultSide vault, LedgerKey key, CancellationToken cancellationToken)
    {
        var looked = new SortedDictionary<string, SyncSource>(wanted.ToDictionary(), StringComparer.Ordinal);
        foreach (var name in names) looked[name] = await LookAsync(name, wanted[name], vault, key, cancellationToken).ConfigureAwait(false);
        return looked;
    }

    /// <summary>What is odd about a value, and likely not meant. It is sent as it is.</summary>
    public string? WarningOf(string name) => _values.TryGetValue(name, out var value) ? value.Reveal(ValueOddity.Of) : null;

    public void Dispose()
    {
        foreach (var value in _values.Values) value.Dispose();
        _values.Clear();
    }

    private async Task<SyncSource> LookAsync(string name, SyncSource source, VaultSide vault, LedgerKey key, CancellationToken cancellationToken)
    {
        try
        {
            var value = await vault.ReadAsync(source.Secret, source.Version!.Value, cancellationToken).ConfigureAwait(false);
            if (value is null) return source with { Version = null };
            if (_values.Remove(name, out var before)) before.Dispose();
            _values[name] = value;
            var refusal = value.Length > GitHubSecretName.LongestValue ? new SyncRefusal(MillError.TooLarge, "it has more than the 48 KiB that GitHub takes") : null;
            return source with { Fingerprint = key.Fingerprint(value), Refusal = refusal };
        }
        catch (MillException e) when (!e.IsTransient)
        {
            return source with { Refusal = new(e.Error, $"the vault does not give it: {e.Message.TrimEnd('.')}") };
        }
    }
}
