using System.Security.Cryptography;

namespace Mill.Secrets.Providers.Files;

/// <summary>Replaces a file so that everybody reads either the old or the new one, whatever happens meanwhile.</summary>
internal static class AtomicFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Keeps the mode of the file that is there, and the links that lead to it. Throws <see cref="SecretUnavailableException"/>; then nothing was changed.</summary>
    public static async ValueTask WriteAsync(FileOrigin origin, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        string? temporary = null;
        try
        {
            var path = FileLook.RealPath(origin.Path);
            DeleteLeftovers(path);
            temporary = Path.Combine(Path.GetDirectoryName(path)!, $"{Prefix(path)}{RandomNumberGenerator.GetHexString(12, lowercase: true)}");
            await WriteNewAsync(temporary, ModeOf(path), content, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception e)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            if (FileOrigin.IsFileFault(e)) throw origin.Unwritable(e);
            throw;
        }
    }

    /// <summary>Only its owner may read it before it has its mode.</summary>
    public static FileStreamOptions Private(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        return options;
    }

    private static async ValueTask WriteNewAsync(string path, UnixFileMode mode, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var file = new FileStream(path, Private(FileMode.CreateNew));
        await using var _ = file.ConfigureAwait(false);
        await file.WriteAsync(content, cancellationToken).ConfigureAwait(false);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file.SafeFileHandle, mode);
        // The new name must not reach the disk before the bytes do: a crash would leave an empty file.
        file.Flush(flushToDisk: true);
    }

    private static UnixFileMode ModeOf(string path) => !OperatingSystem.IsWindows() && File.Exists(path) ? File.GetUnixFileMode(path) : OwnerOnly;

    /// <summary>Of a process that was killed while it wrote: the lock is ours, so nobody is writing them now.</summary>
    private static void DeleteLeftovers(string path)
    {
        foreach (var left in Directory.EnumerateFiles(Path.GetDirectoryName(path)!).Where(file => Path.GetFileName(file).StartsWith(Prefix(path), StringComparison.Ordinal))) File.Delete(left);
    }

    private static string Prefix(string path) => $".{Path.GetFileName(path)}.tmp-";
}
