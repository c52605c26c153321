using System.Security.Cryptography;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>The ledger of a target in the hands of one run: written only where nobody else wrote since it was read.</summary>
internal sealed class LedgerHold(ILedgerStore store, SecretScope target, TimeProvider time)
{
    private const int MostTries = 20;

    public Ledger Ledger { get; private set; } = New(target);

    public int? Version { get; private set; }

    /// <summary>When this run wrote it last: others see that it lives.</summary>
    public DateTimeOffset SignedAt { get; private set; }

    public async Task ReadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.ReadAsync(target, cancellationToken).ConfigureAwait(false);
        (Version, Ledger) = (stored?.Version, stored?.Ledger ?? New(target));
    }

    /// <summary>False where somebody else wrote: what was read is old then.</summary>
    public async Task<bool> TryWriteAsync(Ledger ledger, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        try
        {
            Version = await store.WriteAsync(target, ledger, Version, cancellationToken).ConfigureAwait(false);
            (Ledger, SignedAt) = (ledger, now);
            return true;
        }
        catch (MillException e) when (e.Error is MillError.PreconditionFailed)
        {
            return false;
        }
    }

    /// <summary>What has happened has to be known, whoever else writes. False where somebody did: the rest of what was read is old then.</summary>
    public async Task<bool> RecordAsync(Func<Ledger, Ledger> change, CancellationToken cancellationToken)
    {
        if (await TryWriteAsync(change(Ledger), cancellationToken).ConfigureAwait(false)) return true;
        for (var tries = 1; ; tries++)
        {
            await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (await TryWriteAsync(change(Ledger), cancellationToken).ConfigureAwait(false)) return false;
            if (tries == MostTries) throw new MillException(MillError.PreconditionFailed, $"Others write to the ledger of {target} all the time.") { Hint = "Push to a target from one place." };
        }
    }

    private static Ledger New(SecretScope target) => Ledger.New(target, new(RandomNumberGenerator.GetBytes(LedgerKey.Length)));
}
