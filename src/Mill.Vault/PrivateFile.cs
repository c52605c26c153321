using System.Security.Cryptography;
using System.Text;
using Mill.Secrets;

namespace Mill.Vault;

/// <summary>A small file that only its owner can read, replaced as a whole, and durable before the call returns.</summary>
public static class PrivateFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const int NoSpace = 28; // ENOSPC

    /// <summary>Null where there is no such file. Throws as <see cref="Write(string, string)"/>.</summary>
    public static string? ReadLine(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadLines(path).FirstOrDefault()?.Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>Throws <see cref="MillError.StorageFull"/> or <see cref="MillError.StorageUnavailable"/>; what was there before stays then.</summary>
    public static void Write(string path, string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        try
        {
            Write(path, bytes);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>As <see cref="Write(string, string)"/>, for what must not become a text.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        try
        {
            Place(path, content, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unusable(path, e);
        }
    }

    /// <summary>
    /// Puts a file in its place: it is there as a whole or not at all. Throws <see cref="IOException"/> where one is there already and may not be replaced.
    /// </summary>
    internal static void Place(string path, ReadOnlySpan<byte> content, bool overwrite)
    {
        // Written whole beside its place first: a crash must never leave half a key where a key is expected.
        // Under a name of its own: others may write the same file, from containers in which process ids are the same, too.
        var temporary = $"{path}.{RandomNumberGenerator.GetHexString(12, lowercase: true)}.new";
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 };
            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite);
            DirectorySync.Run(Path.GetDirectoryName(Path.GetFullPath(path))!);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Whether others than the owner can do anything with an open file.</summary>
    public static bool IsExposed(FileStream file) => (File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0;

    internal static MillException Unusable(string path, Exception cause) => cause.HResult == NoSpace
        ? new(MillError.StorageFull, $"No space is left for {path}.", cause) { Hint = "Free some space, and start again." }
        : new(MillError.StorageUnavailable, $"The file {path} cannot be used: {cause.Message}", cause) { Hint = "It must be a file that this user may read and write, or not be there." };
}
