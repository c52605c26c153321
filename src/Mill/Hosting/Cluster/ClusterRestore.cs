using Mill.Backups;
using Mill.Core.Backups;
using Mill.Secrets;
using Mill.State.Restores;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>A backup as the beginning of a cluster.</summary>
internal static class ClusterRestore
{
    /// <summary>
    /// Looks at all of it, before there is anything that a second try would find in its way. Throws <see cref="MillError.BackupRejected"/>, and what <see cref="RecordOpening.With"/> throws where the
    /// master key is not the one that it needs.
    /// </summary>
    public static async Task RequireAsync(string path, VaultOptions vault, CancellationToken cancellationToken)
    {
        var report = await BackupFile.CheckAsync(path, static _ => null, cancellationToken).ConfigureAwait(false);
        if (!report.IsSound) throw new MillException(MillError.BackupRejected, $"The backup {path} is whole, but what it holds does not fit together: {report.Problems[0]}.") { Hint = "Use another backup." };
        RecordOpening.With(vault, report.Header.ClusterId, report.Header.KeyId);
    }

    /// <summary>Throws as <see cref="StoreRestore.RunAsync"/>.</summary>
    public static async Task RunAsync(string path, ShiftedStore store, CancellationToken cancellationToken)
    {
        using var file = BackupFile.Open(path);
        using var backup = await BackupReader.OpenAsync(file, path, cancellationToken).ConfigureAwait(false);
        await store.BeginAfterAsync(backup.Header.Revision, cancellationToken).ConfigureAwait(false);
        await StoreRestore.RunAsync(store, backup, cancellationToken).ConfigureAwait(false);
    }
}
