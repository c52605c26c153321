using System.Security.Cryptography;
using System.Text;
using Mill.Secrets;
using Mill.Vault.Ciphers;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Envelopes;

/// <summary>Seals small texts that are remembered but must not be readable in the store, each bound to the place it is remembered at.</summary>
internal static class TextSealer
{
    private static ReadOnlySpan<byte> Label => "mill/v1/text"u8;

    public static string Seal(Unsealed unsealed, string text, string place)
    {
        var plaintext = Encoding.UTF8.GetBytes(text);
        try
        {
            return Seal(unsealed, plaintext, place);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plaintext);
        }
    }

    /// <summary>Seals bytes that must not become a text.</summary>
    public static string Seal(Unsealed unsealed, ReadOnlySpan<byte> plaintext, string place)
    {
        var output = new byte[DataKey.SaltSize + plaintext.Length + AesGcm256.TagSize];
        var salt = output.AsSpan(0, DataKey.SaltSize);
        RandomNumberGenerator.Fill(salt);
        using var key = KeyFor(unsealed, salt);
        AesGcm256.Encrypt(key.WrittenSpan, DataKey.FixedNonce, plaintext, output.AsSpan(DataKey.SaltSize), Place(unsealed, place));
        return Convert.ToBase64String(output);
    }

    /// <summary>Throws <see cref="MillError.RecordRejected"/> where this is not what was sealed for this place.</summary>
    public static string Open(Unsealed unsealed, string text, string place)
    {
        using var bytes = OpenBytes(unsealed, text, place);
        return bytes.Reveal(Encoding.UTF8.GetString);
    }

    /// <summary>As <see cref="Open"/>, for what must not become a text. The caller disposes it.</summary>
    public static SecretValue OpenBytes(Unsealed unsealed, string text, string place)
    {
        try
        {
            var input = Convert.FromBase64String(text);
            using var key = KeyFor(unsealed, input.AsSpan(0, DataKey.SaltSize));
            return SecretValue.Create(input.Length - DataKey.SaltSize - AesGcm256.TagSize, (key, input, Place: Place(unsealed, place)), static (plaintext, from) =>
                AesGcm256.Decrypt(from.key.WrittenSpan, DataKey.FixedNonce, from.input.AsSpan(DataKey.SaltSize), plaintext, from.Place));
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or FormatException or ArgumentException)
        {
            throw new MillException(MillError.RecordRejected, "A sealed text is not what was sealed here.", e);
        }
    }

    private static PinnedWriter KeyFor(Unsealed unsealed, ReadOnlySpan<byte> salt)
    {
        var key = new PinnedWriter(DataKey.Size);
        unsealed.Key.Derive(Label, salt, key.GetSpan(DataKey.Size)[..DataKey.Size]);
        key.Advance(DataKey.Size);
        return key;
    }

    private static byte[] Place(Unsealed unsealed, string place) => Encoding.UTF8.GetBytes($"{unsealed.ClusterId} {place}");
}
