using Mill.Secrets;
using Mill.State.Embedded;

namespace Mill.State.Restores;

/// <summary>A data directory of the embedded engine that a backup may be restored into: one that is empty, or holds what another restore left.</summary>
public static class RestoreDirectory
{
    /// <summary>
    /// How far the revisions of a restored store lie beyond those of its backup. What was committed after the backup is lost, but others may have heard of its revisions:
    /// none of them must ever mean something else, or a watcher that resumes would miss what happened.
    /// </summary>
    public const long RevisionGap = 1_000_000_000;

    /// <summary>
    /// Throws <see cref="MillError.PreconditionFailed"/> where there is anything that is not of a store, naming it. Whether a store that is there is empty is only known
    /// once it is open.
    /// </summary>
    public static void RequireFree(string directory)
    {
        var files = new StoreFiles(Path.GetFullPath(directory));
        if (File.Exists(files.Directory)) throw NotFree(files.Directory, "it is a file");
        if (!Directory.Exists(files.Directory)) return;
        if (Directory.EnumerateFileSystemEntries(files.Directory).Select(Path.GetFileName).FirstOrDefault(name => !IsOfStore(files, name!)) is { } other)
            throw NotFree(files.Directory, $"\"{other}\" is there");
    }

    /// <summary>
    /// Opens the store in a free directory, or makes one whose revisions begin beyond those of the backup. Throws what <see cref="RequireFree"/> and
    /// <see cref="EmbeddedStateStore.Open(string, Microsoft.Extensions.Logging.ILogger{EmbeddedStateStore}?, Mill.Core.Ports.StoreVisitor?)"/> throw.
    /// </summary>
    /// <param name="backupRevision">The revision the backup is of.</param>
    public static async Task<EmbeddedStateStore> OpenAsync(string directory, long backupRevision, CancellationToken cancellationToken)
    {
        RequireFree(directory);
        var store = EmbeddedStateStore.Open(directory, new EmbeddedOptions { FirstRevision = backupRevision + RevisionGap });
        try
        {
            // Left by the restore of an older backup.
            if (await store.GetRevisionAsync(cancellationToken).ConfigureAwait(false) < backupRevision + RevisionGap)
                throw NotFree(directory, "it holds a store whose revisions are too low for this backup");
            return store;
        }
        catch
        {
            await store.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static bool IsOfStore(StoreFiles files, string name) =>
        name is "lost+found" || name == Path.GetFileName(files.Lock)
        || name.StartsWith(Path.GetFileName(files.Database), StringComparison.Ordinal) || name.StartsWith(Path.GetFileName(files.Anchor), StringComparison.Ordinal);

    private static MillException NotFree(string directory, string why) => new(MillError.PreconditionFailed, $"A backup cannot be restored into {directory}: {why}.")
    {
        Hint = "Name a directory that is empty or not there, or remove this one: mill restore FILE --data-dir DIR",
    };
}
