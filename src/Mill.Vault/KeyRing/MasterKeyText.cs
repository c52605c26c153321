using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>A master key as text: 32 bytes in base64, with white space around it allowed.</summary>
internal static class MasterKeyText
{
    public const string Hint = "A master key is 32 random bytes in base64. Make one with: openssl rand -base64 32";

    /// <summary>The bytes of a key. Throws <see cref="MillError.InvalidMasterKey"/>, naming where the text came from and nothing of what it says.</summary>
    public static SecretValue Reveal(ReadOnlySpan<byte> text, string origin)
    {
        var trimmed = text.Trim("\r\n\t "u8);
        Span<byte> key = stackalloc byte[64];
        try
        {
            var status = Base64.DecodeFromUtf8(trimmed, key, out _, out var length);
            if (status is not System.Buffers.OperationStatus.Done || length != MasterKey.Size)
            {
                throw new MillException(MillError.InvalidMasterKey, $"What {origin} holds is not a master key.") { Hint = Hint };
            }
            return SecretValue.FromBytes(key[..length]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>As <see cref="Reveal(ReadOnlySpan{byte}, string)"/>.</summary>
    public static SecretValue Reveal(string text, string origin)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            return Reveal(bytes, origin);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>A new random key, as text with a line end. The caller clears it.</summary>
    public static byte[] Generate()
    {
        Span<byte> key = stackalloc byte[MasterKey.Size];
        RandomNumberGenerator.Fill(key);
        var text = Write(key);
        CryptographicOperations.ZeroMemory(key);
        return text;
    }

    /// <summary>A key as text with a line end. The caller clears it.</summary>
    public static byte[] Write(ReadOnlySpan<byte> key)
    {
        var text = GC.AllocateUninitializedArray<byte>(Base64.GetMaxEncodedToUtf8Length(key.Length) + 1, pinned: true);
        Base64.EncodeToUtf8(key, text, out _, out _);
        text[^1] = (byte)'\n';
        return text;
    }
}
