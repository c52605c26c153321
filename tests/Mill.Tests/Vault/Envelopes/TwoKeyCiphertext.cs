using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mill.Tests.Vault.Envelopes;

/// <summary>
/// The known attack on AES-GCM: one ciphertext and tag that are valid under two keys. One block is chosen so that both authentication polynomials
/// come out alike, which is one linear equation in GF(2^128).
/// </summary>
internal static class TwoKeyCiphertext
{
    private static readonly UInt128 Reduction = (UInt128)0xE1 << 120;

    /// <summary>One block of ciphertext, and its tag.</summary>
    public static byte[] Make(byte[] firstKey, byte[] secondKey, byte[] nonce, byte[] associated)
    {
        var (h1, pad1) = Subkeys(firstKey, nonce);
        var (h2, pad2) = Subkeys(secondKey, nonce);
        var difference = pad1 ^ pad2 ^ Hash(h1, associated, 0) ^ Hash(h2, associated, 0);
        var block = Multiply(difference, Invert(Multiply(h1, h1) ^ Multiply(h2, h2)));
        var output = new byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(output, block);
        BinaryPrimitives.WriteUInt128BigEndian(output.AsSpan(16), pad1 ^ Hash(h1, associated, block));
        return output;
    }

    private static (UInt128 HashKey, UInt128 Pad) Subkeys(byte[] key, byte[] nonce)
    {
        using var aes = Aes.Create();
        aes.Key = key;
        byte[] counter = [.. nonce, 0, 0, 0, 1];
        return (Number(aes.EncryptEcb(new byte[16], PaddingMode.None)), Number(aes.EncryptEcb(counter, PaddingMode.None)));
    }

    /// <summary>GHASH (NIST SP 800-38D) of associated data and one block of ciphertext.</summary>
    private static UInt128 Hash(UInt128 key, byte[] associated, UInt128 block)
    {
        UInt128 hash = 0;
        foreach (var chunk in associated.Chunk(16)) hash = Multiply(hash ^ Number([.. chunk, .. new byte[16 - chunk.Length]]), key);
        hash = Multiply(hash ^ block, key);
        var lengths = ((UInt128)(ulong)(associated.Length * 8) << 64) | 128;
        return Multiply(hash ^ lengths, key);
    }

    private static UInt128 Multiply(UInt128 left, UInt128 right)
    {
        UInt128 product = 0;
        for (var bit = 127; bit >= 0; bit--)
        {
            if (((left >> bit) & 1) != 0) product ^= right;
            right = (right & 1) != 0 ? (right >> 1) ^ Reduction : right >> 1;
        }
        return product;
    }

    /// <summary>To the power of 2^128 - 2.</summary>
    private static UInt128 Invert(UInt128 value)
    {
        var (result, square) = (UInt128.One << 127, value);
        for (var bit = 1; bit < 128; bit++)
        {
            square = Multiply(square, square);
            result = Multiply(result, square);
        }
        return result;
    }

    private static UInt128 Number(byte[] block) => BinaryPrimitives.ReadUInt128BigEndian(block);
}
