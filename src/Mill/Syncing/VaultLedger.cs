using Mill.Client;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;

namespace Mill.Syncing;

/// <summary>Ledgers as secrets of the vault: whoever may write them may push, and their history says what was pushed when.</summary>
/// <param name="gitHub">The address of the API that the targets are of.</param>
internal sealed class VaultLedger(MillClient client, Uri gitHub) : ILedgerStore
{
    public async Task<StoredLedger?> ReadAsync(SecretScope target, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(LedgerPlace.Of(target, gitHub), cancellationToken: cancellationToken).ConfigureAwait(false);
            return new(LedgerCodec.Read((answer.Value ?? answer.ValueBase64)!, target), answer.Version);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return null;
        }
    }

    public async Task<int> WriteAsync(SecretScope target, Ledger ledger, int? expected, CancellationToken cancellationToken)
    {
        using var text = LedgerCodec.Write(ledger);
        try
        {
            var written = await client.SetAsync(LedgerPlace.Of(target, gitHub), text, new() { IfVersion = expected, IfAbsent = expected is null }, cancellationToken).ConfigureAwait(false);
            return written.Version;
        }
        catch (MillException e) when (e.Error is MillError.AlreadyExists)
        {
            throw new MillException(MillError.PreconditionFailed, e.Message, e) { Hint = e.Hint };
        }
    }
}
