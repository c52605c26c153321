using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Backups;

/// <summary>A backup in a file, for its owner only. It gets its name once all of it is on the disk and was read back from there.</summary>
internal static class BackupFile
{
    /// <summary>What stands after the name until then. A crash may leave such a file; the next backup of the same name takes its place.</summary>
    public const string Incomplete = ".incomplete";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const int BufferSize = 1 << 16;
    private const int NoSpace = 28; // ENOSPC
    private const int QuotaExceeded = 122; // EDQUOT

    /// <summary>
    /// Throws <see cref="MillError.PreconditionFailed"/> where there is a file that must stay, <see cref="MillError.StorageFull"/>, <see
    /// cref="MillError.StorageUnavailable"/>,
    /// <see cref="MillError.BackupRejected"/> where what was written is no whole backup, and what <paramref name="write"/> throws; what was there before stays then.
    /// </summary>
    public static async Task<BackupReport> WriteAsync(string path, bool replace, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken)
    {
        Require(path, replace);
        var draft = path + Incomplete;
        try
        {
            // Locked as long as it is open: two backups of one name never write into one file.
            using var file = new FileStream(draft, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = OwnerOnly, BufferSize = BufferSize });
            try
            {
                File.SetUnixFileMode(file.SafeFileHandle, OwnerOnly);
                file.SetLength(0);
                await write(file, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
                file.Position = 0;
                var report = await CheckAsync(file, path, static _ => null, cancellationToken).ConfigureAwait(false);
                File.Move(draft, path, replace);
                DirectorySync.Run(Path.GetDirectoryName(path)!);
                return report;
            }
            catch
            {
                File.Delete(draft);
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>
    /// Looks at a whole backup. Throws <see cref="MillError.BackupRejected"/>, and <see cref="MillError.NotFound"/> or <see cref="MillError.StorageUnavailable"/>
    /// where it cannot be read.
    /// </summary>
    /// <param name="opening">How to open versions, once it is known of which cluster they are; null to leave them closed.</param>
    public static async Task<BackupReport> CheckAsync(string path, Func<BackupHeader, Action<SecretVersion>?> opening, CancellationToken cancellationToken)
    {
        using var file = Open(path);
        return await CheckAsync(file, path, opening, cancellationToken).ConfigureAwait(false);
    }

    public static async Task<BackupReport> CheckAsync(Stream from, string name, Func<BackupHeader, Action<SecretVersion>?> opening, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = await BackupReader.OpenAsync(from, name, cancellationToken).ConfigureAwait(false);
            return await new BackupCheck(reader, opening(reader.Header)).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new MillException(MillError.StorageUnavailable, Words.FileUnreadable(name, e.Message), e);
        }
    }

    /// <summary>Throws as <see cref="CheckAsync(string, Func{BackupHeader, Action{SecretVersion}}, CancellationToken)"/>.</summary>
    public static FileStream Open(string path)
    {
        try
        {
            return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferSize);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MillException(MillError.NotFound, Words.NoSuchBackup(path), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.StorageUnavailable, Words.FileUnreadable(path, e.Message), e);
        }
    }

    /// <summary>Throws where a backup must not get this name; asked before anything is read, too.</summary>
    public static void Require(string path, bool replace)
    {
        // A file takes the place of what has its name: that must never be a device.
        if (path.StartsWith("/dev/", StringComparison.Ordinal) || Directory.Exists(path)) throw new MillException(MillError.Usage, Words.NoPlaceForBackup(path)) { Hint = Words.NoPlaceForBackupHint };
        if (!replace && Path.Exists(path)) throw new MillException(MillError.PreconditionFailed, Words.BackupExists(path)) { Hint = Words.BackupExistsHint };
    }

    private static MillException Unusable(string path, Exception cause) => cause.HResult is NoSpace or QuotaExceeded
        ? new(MillError.StorageFull, Words.NoSpaceForBackup(path), cause) { Hint = Words.NoSpaceForBackupHint }
        : new(MillError.StorageUnavailable, Words.BackupNotWritten(path, cause.Message), cause) { Hint = Words.BackupNotWrittenHint };
}
