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
        var output = new byte[DataKey.SaltSize + plaintext.Length + DataKey.TagSize];
        var (salt, sealedText, tag) = (output.AsMemory(0, DataKey.SaltSize), output.AsMemory(DataKey.SaltSize, plaintext.Length), output.AsMemory(DataKey.SaltSize + plaintext.Length));
        RandomNumberGenerator.Fill(salt.Span);
        using var aes = Cipher(unsealed, salt.Span);
        aes.Encrypt(stackalloc byte[DataKey.NonceSize], plaintext, sealedText.Span, tag.Span, Place(unsealed, place));
        CryptographicOperations.ZeroMemory(plaintext);
        return Convert.ToBase64String(output);
    }

    /// <summary>Throws <see cref="MillError.RecordRejected"/> where this is not what was sealed for this place.</summary>
    public static string Open(Unsealed unsealed, string text, string place)
    {
        try
        {
            var input = Convert.FromBase64String(text);
            var (salt, sealedText, tag) = (input.AsMemory(0, DataKey.SaltSize), input.AsMemory(DataKey.SaltSize, input.Length - DataKey.SaltSize - DataKey.TagSize), input.AsMemory(input.Length - DataKey.TagSize));
            var plaintext = new byte[sealedText.Length];
            using var aes = Cipher(unsealed, salt.Span);
            aes.Decrypt(stackalloc byte[DataKey.NonceSize], sealedText.Span, tag.Span, plaintext, Place(unsealed, place));
            return Encoding.UTF8.GetString(plaintext);
        }
        catch (Exception e) when (e is AuthenticationTagMismatchException or FormatException or ArgumentException)
        {
            throw new MillException(MillError.RecordRejected, "A remembered answer is not what was sealed here.", e);
        }
    }

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
