using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Pushing;

/// <summary>Where ledgers are kept: one for each target. Throws <see cref="MillException"/>.</summary>
public interface ILedgerStore
{
    /// <summary>Null where there is none yet.</summary>
    Task<StoredLedger?> ReadAsync(SecretScope target, CancellationToken cancellationToken);

    /// <summary>Returns the new version. Throws <see cref="MillError.PreconditionFailed"/> where somebody else wrote meanwhile.</summary>
    /// <param name="expected">The version that was read; null where there was none.</param>
    Task<int> WriteAsync(SecretScope target, Ledger ledger, int? expected, CancellationToken cancellationToken);
}

public sealed record StoredLedger(Ledger Ledger, int Version);
