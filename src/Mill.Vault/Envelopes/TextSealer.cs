using System.Security.Cryptography;
using System.Text;
using Mill.Secrets;
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
        var output = new byte[DataKey.SaltSize + plaintext.Length + DataKey.TagSize];
        var (salt, sealedText, tag) = Parts(output);
        RandomNumberGenerator.Fill(salt.Span);
        using var aes = Cipher(unsealed, salt.Span);
        aes.Encrypt(stackalloc byte[DataKey.NonceSize], plaintext, sealedText.Span, tag.Span, Place(unsealed, place));
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
            var (salt, sealedText, tag) = Parts(input);
            using var aes = Cipher(unsealed, salt.Span);
            return SecretValue.Create(sealedText.Length, (aes, sealedText, tag, Place: Place(unsealed, place)), static (plaintext, from) =>
                from.aes.Decrypt(stackalloc byte[DataKey.NonceSize], from.sealedText.Span, from.tag.Span, plaintext, from.Place));
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or FormatException or ArgumentException)
        {
            throw new MillException(MillError.RecordRejected, "A sealed text is not what was sealed here.", e);
        }
    }

    private static (Memory<byte> Salt, Memory<byte> SealedText, Memory<byte> Tag) Parts(byte[] all) =>
        (all.AsMemory(0, DataKey.SaltSize), all.AsMemory(DataKey.SaltSize, all.Length - DataKey.SaltSize - DataKey.TagSize), all.AsMemory(all.Length - DataKey.TagSize));

    /// <summary>The salt makes every key a new one, used once: the nonce can be fixed.</summary>
    private static AesGcm Cipher(Unsealed unsealed, ReadOnlySpan<byte> salt)
    {
        Span<byte> key = stackalloc byte[DataKey.Size];
        unsealed.Key.Derive(Label, salt, key);
        var aes = new AesGcm(key, DataKey.TagSize);
        CryptographicOperations.ZeroMemory(key);
        return aes;
    }

    private static byte[] Place(Unsealed unsealed, string place) => Encoding.UTF8.GetBytes($"{unsealed.ClusterId} {place}");
}
