using Mill.Backups;
using Mill.Core.Backups;
using Mill.Secrets;
using Mill.State.Restores;

namespace Mill.Hosting.Cluster;

/// <summary>A backup as the beginning of a cluster.</summary>
internal static class ClusterRestore
{
    /// <summary>Verifies it first, and throws <see cref="MillError.BackupRejected"/> before anything is written; else as <see cref="StoreRestore.RunAsync"/>.</summary>
    public static async Task RunAsync(string path, ShiftedStore store, CancellationToken cancellationToken)
    {
        using var file = BackupFile.Open(path);
        var report = await BackupFile.CheckAsync(file, path, static _ => null, cancellationToken).ConfigureAwait(false);
        if (!report.IsSound) throw new MillException(MillError.BackupRejected, $"The backup {path} is whole, but what it holds does not fit together: {report.Problems[0]}.") { Hint = "Use another backup." };
        await store.BeginAfterAsync(report.Header.Revision, cancellationToken).ConfigureAwait(false);
        file.Position = 0;
        using var backup = await BackupReader.OpenAsync(file, path, cancellationToken).ConfigureAwait(false);
        await StoreRestore.RunAsync(store, backup, cancellationToken).ConfigureAwait(false);
    }
}
