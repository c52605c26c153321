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

    /// <summary>Throws as <see cref="StoreRestore"/> does. What the engine keeps of its past makes room for more where it is full of that.</summary>
    /// <param name="tooSmall">What is thrown where that is not enough.</param>
    public static async Task RunAsync(string path, NodeEngine engine, Func<MillException> tooSmall, CancellationToken cancellationToken)
    {
        using var file = BackupFile.Open(path);
        using var backup = await BackupReader.OpenAsync(file, path, cancellationToken).ConfigureAwait(false);
        // The restore before may have filled it.
        await MakeRoomAsync(cancellationToken).ConfigureAwait(false);
        await engine.Store.BeginAfterAsync(backup.Header.Revision, cancellationToken).ConfigureAwait(false);
        await StoreRestore.RunAsync(engine.Store, backup, MakeRoomAsync, cancellationToken).ConfigureAwait(false);

        async Task MakeRoomAsync(CancellationToken stop)
        {
            if (!await engine.MakeRoomAsync(stop).ConfigureAwait(false)) throw tooSmall();
        }
    }
}
