using Mill.Client;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;

namespace Mill.Syncing;

/// <summary>Ledgers as secrets of the vault: whoever may write them may push, and their history says what was pushed when. Beside them is when changes were made at that GitHub.</summary>
/// <param name="gitHub">The address of the API that the targets are of.</param>
internal sealed class VaultLedger(MillClient client, Uri gitHub) : ILedgerStore, IWriteTimesStore
{
    public async Task<StoredLedger?> ReadAsync(SecretScope target, CancellationToken cancellationToken) =>
        await ReadAsync(LedgerPlace.Of(target, gitHub), text => LedgerCodec.Read(text, target), cancellationToken).ConfigureAwait(false) is { } found ? new(found.Content, found.Version) : null;

    public Task<int> WriteAsync(SecretScope target, Ledger ledger, int? expected, CancellationToken cancellationToken) => WriteAsync(LedgerPlace.Of(target, gitHub), LedgerCodec.Write(ledger), expected, cancellationToken);

    public async Task<StoredWriteTimes?> ReadTimesAsync(CancellationToken cancellationToken) =>
        await ReadAsync(LedgerPlace.OfWrites(gitHub), WriteTimes.Read, cancellationToken).ConfigureAwait(false) is { } found ? new(found.Content, found.Version) : null;

    public Task<int> WriteTimesAsync(WriteTimes times, int? expected, CancellationToken cancellationToken) =>
        WriteAsync(LedgerPlace.OfWrites(gitHub), times.Write(), expected, cancellationToken);

    private async Task<(T Content, int Version)?> ReadAsync<T>(string name, Func<SecretValue, T> open, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync(name, cancellationToken: cancellationToken).ConfigureAwait(false);
            return (open((answer.Value ?? answer.ValueBase64)!), answer.Version);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            return null;
        }
    }

    private async Task<int> WriteAsync(string name, SecretValue text, int? expected, CancellationToken cancellationToken)
    {
        using var _ = text;
        try
        {
            return (await client.SetAsync(name, text, new() { IfVersion = expected, IfAbsent = expected is null }, cancellationToken).ConfigureAwait(false)).Version;
        }
        catch (MillException e) when (e.Error is MillError.AlreadyExists)
        {
            throw new MillException(MillError.PreconditionFailed, e.Message, e) { Hint = e.Hint };
        }
    }
}
