using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>A master key as text: 32 bytes in base64, with white space around it allowed.</summary>
internal static class MasterKeyText
{
    public const string Hint = "A master key is 32 random bytes in base64. Make one with: openssl rand -base64 32";

    /// <summary>Throws <see cref="MillError.InvalidMasterKey"/>, naming where the text came from and nothing of what it says.</summary>
    public static MasterKey Parse(ReadOnlySpan<byte> text, string origin)
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
            return MasterKey.From(key[..length]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    /// <summary>A new random key, as text with a line end. The caller clears it.</summary>
    public static byte[] Generate()
    {
        Span<byte> key = stackalloc byte[MasterKey.Size];
        RandomNumberGenerator.Fill(key);
        var text = GC.AllocateUninitializedArray<byte>(Base64.GetMaxEncodedToUtf8Length(MasterKey.Size) + 1, pinned: true);
        Base64.EncodeToUtf8(key, text, out _, out _);
        text[^1] = (byte)'\n';
        CryptographicOperations.ZeroMemory(key);
        return text;
    }

    public static MasterKey Parse(string text, string origin)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            return Parse(bytes, origin);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
