using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>
/// The vault in the hands of one run: its refusals can be told from those of GitHub (that it does not know our token is no reason to ask GitHub for nothing more), and what was listed a short while ago is not
/// listed again for the next target.
/// </summary>
internal sealed class VaultSide(ISecretSource secrets, ILedgerStore ledgers, TimeProvider time) : ILedgerStore
{
    private static readonly TimeSpan ListLife = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, (IReadOnlyDictionary<string, int> Names, DateTimeOffset At)> _lists = new(StringComparer.Ordinal);

    /// <summary>Current versions, by name, of at least what begins with the prefix, and when that was so.</summary>
    public async Task<(IReadOnlyDictionary<string, int> Names, DateTimeOffset At)> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        foreach (var (beginning, list) in _lists)
        {
            if (prefix.StartsWith(beginning, StringComparison.Ordinal) && now - list.At <= ListLife) return list;
        }
        return _lists[prefix] = (await AskAsync(() => secrets.ListAsync(prefix, cancellationToken)).ConfigureAwait(false), now);
    }

    /// <summary>The current version, asked for now; null where there is none.</summary>
    public async Task<int?> VersionAsync(string name, CancellationToken cancellationToken) =>
        (await AskAsync(() => secrets.ListAsync(name, cancellationToken)).ConfigureAwait(false)).TryGetValue(name, out var version) ? version : null;

    /// <summary>Something has changed: what was listed is old.</summary>
    public void Forget() => _lists.Clear();

    public Task<SecretValue?> ReadAsync(string name, int version, CancellationToken cancellationToken) => AskAsync(() => secrets.ReadAsync(name, version, cancellationToken));

    public Task<StoredLedger?> ReadAsync(SecretScope target, CancellationToken cancellationToken) => AskAsync(() => ledgers.ReadAsync(target, cancellationToken));

    public Task<int> WriteAsync(SecretScope target, Ledger ledger, int? expected, CancellationToken cancellationToken) => AskAsync(() => ledgers.WriteAsync(target, ledger, expected, cancellationToken));

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (MillException e)
        {
            throw new VaultRefusal(e);
        }
    }
}

/// <summary>What the vault said, with all that it said.</summary>
internal sealed class VaultRefusal : MillException
{
    public VaultRefusal(MillException said)
        : base(said.Error, said.Message, said)
    {
        Hint = said.Hint;
        Problems = said.Problems;
        RequestId = said.RequestId;
        RetryAfter = said.RetryAfter;
    }
}
