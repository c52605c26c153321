using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>A master key in a file that only its owner can read.</summary>
internal static class MasterKeyFile
{
    private const int MaxSize = 4096;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Reads a key; null where there is no such file. Throws <see cref="MillError.InvalidMasterKey"/> for a file that others can read or that holds none.</summary>
    public static MasterKey? Read(string path)
    {
        using var bytes = Reveal(path);
        return bytes?.Reveal(MasterKey.From);
    }

    /// <summary>The bytes of a key, for the one call that hands it over; else as <see cref="Read"/>.</summary>
    public static SecretValue? Reveal(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            if (PrivateFile.IsExposed(file)) throw Exposed(path);
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
    public static void Create(string path) => Place(path, MasterKeyText.Generate());

    /// <summary>Puts a key that was handed over into a new file; else as <see cref="Create"/>.</summary>
    public static void Save(string path, SecretValue key) => Place(path, key.Reveal(MasterKeyText.Write));

    private static void Place(string path, byte[] text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!, OwnerOnly);
            PrivateFile.Place(path, text, overwrite: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
        }
    }

    private static SecretValue ReadFrom(FileStream file, string path)
    {
        var buffer = PinnedBuffers.Rent(MaxSize);
        try
        {
            var length = file.ReadAtLeast(buffer.AsSpan(0, MaxSize), MaxSize, throwOnEndOfStream: false);
            return MasterKeyText.Reveal(buffer.AsSpan(0, length), path);
        }
        finally
        {
            PinnedBuffers.Return(buffer);
        }
    }

    private static MillException Exposed(string path) =>
        new(MillError.InvalidMasterKey, $"The master key file {path} can be read by others than its owner.") { Hint = $"chmod 600 {path}" };
}
