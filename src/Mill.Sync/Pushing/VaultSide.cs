using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>The vault, whose refusals can be told from those of GitHub: that it does not know our token is no reason to ask GitHub for nothing more.</summary>
internal sealed class VaultSide(ISecretSource secrets, ILedgerStore ledgers) : ISecretSource, ILedgerStore
{
    public Task<IReadOnlyDictionary<string, int>> ListAsync(string prefix, CancellationToken cancellationToken) => AskAsync(() => secrets.ListAsync(prefix, cancellationToken));

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
