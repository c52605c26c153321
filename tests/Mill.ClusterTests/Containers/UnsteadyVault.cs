using Mill.Core.Access;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.ClusterTests.Containers;

/// <summary>A vault whose values are out of reach whenever a test says so, as while a leader is elected.</summary>
internal sealed class UnsteadyVault(IVault vault) : IVault
{
    public bool IsAway { get; set; }

    /// <summary>How often somebody asked in vain.</summary>
    public int Refused { get; private set; }

    public ValueTask<Observed<SecretReading>> ReadAsync(Caller caller, ReadSecret request, CancellationToken cancellationToken)
    {
        if (!IsAway) return vault.ReadAsync(caller, request, cancellationToken);
        Refused++;
        throw new MillException(MillError.NoLeader, "There is no leader right now.");
    }

    public ValueTask<SealStatus> GetSealStatusAsync(CancellationToken cancellationToken) => vault.GetSealStatusAsync(cancellationToken);

    public ValueTask<Observed<VaultStatus>> GetStatusAsync(Caller caller, ReadLevel level, CancellationToken cancellationToken) => vault.GetStatusAsync(caller, level, cancellationToken);

    public ValueTask<Observed<StateTotals>> GetTotalsAsync(Caller caller, CancellationToken cancellationToken) => vault.GetTotalsAsync(caller, cancellationToken);

    public ValueTask<Observed<SecretPage>> ListAsync(Caller caller, ListSecrets request, CancellationToken cancellationToken) => vault.ListAsync(caller, request, cancellationToken);

    public ValueTask<Observed<HistoryPage>> ReadHistoryAsync(Caller caller, ReadHistory request, CancellationToken cancellationToken) => vault.ReadHistoryAsync(caller, request, cancellationToken);

    public Task<Committed<SetAnswer>> SetAsync(Caller caller, SetSecret request, WriteContext context, CancellationToken cancellationToken) => vault.SetAsync(caller, request, context, cancellationToken);

    public Task<Committed<Done>> DeleteAsync(Caller caller, DeleteSecret request, WriteContext context, CancellationToken cancellationToken) => vault.DeleteAsync(caller, request, context, cancellationToken);

    public Task<Committed<Done>> DestroyAsync(Caller caller, DestroyVersions request, WriteContext context, CancellationToken cancellationToken) => vault.DestroyAsync(caller, request, context, cancellationToken);

    public Task<Committed<TransactionAnswer>> TransactAsync(Caller caller, Transaction request, WriteContext context, CancellationToken cancellationToken) => vault.TransactAsync(caller, request, context, cancellationToken);

    public ValueTask<Observed<EnvExpansion>> ExpandEnvAsync(Caller caller, ExpandEnv request, CancellationToken cancellationToken) => vault.ExpandEnvAsync(caller, request, cancellationToken);

    public Task<Committed<EncryptedEnv>> EncryptEnvAsync(Caller caller, EncryptEnv request, WriteContext context, CancellationToken cancellationToken) => vault.EncryptEnvAsync(caller, request, context, cancellationToken);

    public ValueTask<Observed<EncryptedEnv>> PreviewEncryptEnvAsync(Caller caller, EncryptEnv request, CancellationToken cancellationToken) => vault.PreviewEncryptEnvAsync(caller, request, cancellationToken);

    public IAsyncEnumerable<WatchStep> WatchAsync(Caller caller, string prefix, long? afterRevision, CancellationToken cancellationToken) => vault.WatchAsync(caller, prefix, afterRevision, cancellationToken);

    public ValueTask<Observed<RetentionRecord>> ReadRetentionAsync(Caller caller, CancellationToken cancellationToken) => vault.ReadRetentionAsync(caller, cancellationToken);

    public Task<Committed<Done>> SetRetentionAsync(Caller caller, RetentionRecord retention, WriteContext context, CancellationToken cancellationToken) => vault.SetRetentionAsync(caller, retention, context, cancellationToken);

    public Task<VerifyReport> VerifyAsync(Caller caller, CancellationToken cancellationToken) => vault.VerifyAsync(caller, cancellationToken);

    public ValueTask<StateBackup> BackUpAsync(Caller caller, BackupOrigin origin, CancellationToken cancellationToken) => vault.BackUpAsync(caller, origin, cancellationToken);
}
