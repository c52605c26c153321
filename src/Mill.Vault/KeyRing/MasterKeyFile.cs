using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>A master key in a file that only its owner can read.</summary>
internal static class MasterKeyFile
{
    private const int MaxSize = 4096;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>Reads a key; null where there is no such file. Throws <see cref="MillError.InvalidMasterKey"/> for a file that others can read or that holds none.</summary>
    public static MasterKey? Read(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if ((File.GetUnixFileMode(file.SafeFileHandle) & Others) != 0) throw Exposed(path);
            return ReadFrom(file, path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.InvalidMasterKey, $"The master key file {path} cannot be read: {e.Message}", e) { Hint = "Check who owns the file, and its path." };
        }
    }

    /// <summary>Makes a new key in a new file, durable before it returns. Throws <see cref="IOException"/> where the file is there already.</summary>
    public static void Create(string path)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        var text = MasterKeyText.Generate();
        // Written whole beside its place first: a crash must never leave half a key where a key is expected.
        var temporary = $"{path}.{Environment.ProcessId}.new";
        try
        {
            using (var file = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnerOnly, BufferSize = 0 }))
            {
                file.Write(text);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: false);
            DirectorySync.Run(directory);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            File.Delete(temporary);
        }
    }

    private static MasterKey ReadFrom(FileStream file, string path)
    {
        var buffer = PinnedBuffers.Rent(MaxSize);
        try
        {
            var length = file.ReadAtLeast(buffer.AsSpan(0, MaxSize), MaxSize, throwOnEndOfStream: false);
            return MasterKeyText.Parse(buffer.AsSpan(0, length), path);
        }
        finally
        {
            PinnedBuffers.Return(buffer);
        }
    }

    private static MillException Exposed(string path) =>
        new(MillError.InvalidMasterKey, $"The master key file {path} can be read by others than its owner.") { Hint = $"chmod 600 {path}" };
}
