using Mill.Secrets;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Members;

/// <summary>The master key on the machine of a node that joins.</summary>
public static class HandedKey
{
    /// <summary>The id of the key that is there already; null where there is none. Throws <see cref="MillError.InvalidMasterKey"/> for a key that is no key.</summary>
    public static string? FindId(VaultOptions options)
    {
        using var key = new MasterKeySource(options.MasterKey, options.MasterKeyFile).Read();
        return key?.Id;
    }

    /// <summary>
    /// Keeps the key a node was given, in a file for its owner only, where the vault looks for it. Throws <see cref="MillError.InvalidMasterKey"/> where it is not
    /// the key that is needed, where another one is there, or where it cannot be written.
    /// </summary>
    /// <param name="neededKeyId">The key that the cluster's records are sealed with.</param>
    public static void Save(string path, SecretValue key, string neededKeyId)
    {
        if (IdOf(key) != neededKeyId)
            throw new MillException(MillError.InvalidMasterKey, $"The key that was handed over is not {neededKeyId}, which the records need.");
        if (IsThere(path, neededKeyId)) return;
        try
        {
            MasterKeyFile.Save(path, key);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another node of this machine may have been given it in this very moment.
            if (IsThere(path, neededKeyId)) return;
            throw Unusable($"The master key file {path} cannot be made: {e.Message}", e);
        }
    }

    private static bool IsThere(string path, string neededKeyId)
    {
        using var there = MasterKeyFile.Read(path);
        return there is null || there.Id == neededKeyId ? there is not null : throw Unusable($"At {path} there is another master key, {there.Id}.");
    }

    private static MillException Unusable(string message, Exception? cause = null) =>
        new(MillError.InvalidMasterKey, message, cause) { Hint = "Choose another place with --master-key-file." };

    private static string? IdOf(SecretValue bytes)
    {
        if (bytes.Length != MasterKey.Size) return null;
        using var key = bytes.Reveal(MasterKey.From);
        return key.Id;
    }
}
