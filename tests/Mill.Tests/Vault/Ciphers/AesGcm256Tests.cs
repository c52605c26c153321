using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Mill.Vault.Ciphers;
using Xunit;

namespace Mill.Tests.Vault.Ciphers;

public sealed partial class AesGcm256Tests
{
    /// <summary>Test cases 13 to 16 of "The Galois/Counter Mode of Operation" (McGrew, Viega), Appendix B.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "530f8afbc74536b9a963b4f1c4cb738b")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "00000000000000000000000000000000", "", "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255",
        "",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015adb094dac5d93471bdec1a502270e3cc6c")]
    [InlineData(
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b")]
    public void It_is_the_published_cipher(string key, string nonce, string plaintext, string associatedData, string expected)
    {
        var output = new byte[expected.Length / 2];
        AesGcm256.Encrypt(Bytes(key), Bytes(nonce), Bytes(plaintext), output, Bytes(associatedData));
        Assert.Equal(expected, Convert.ToHexStringLower(output));
        var opened = new byte[plaintext.Length / 2];
        AesGcm256.Decrypt(Bytes(key), Bytes(nonce), output, opened, Bytes(associatedData));
        Assert.Equal(plaintext, Convert.ToHexStringLower(opened));
    }

    [Fact]
    public void It_does_what_the_frameworks_own_does_on_many_threads_at_once() => Parallel.For(0, 2000, seed =>
    {
        var random = new Random(seed);
        var (key, nonce, plaintext, data) = (Some(random, AesGcm256.KeySize), Some(random, AesGcm256.NonceSize), Some(random, random.Next(300)), Some(random, random.Next(100)));
        var (ours, theirs) = (new byte[plaintext.Length + AesGcm256.TagSize], new byte[plaintext.Length + AesGcm256.TagSize]);
        using var aes = new AesGcm(key, AesGcm256.TagSize);
        aes.Encrypt(nonce, plaintext, theirs.AsSpan(0, plaintext.Length), theirs.AsSpan(plaintext.Length), data);
        AesGcm256.Encrypt(key, nonce, plaintext, ours, data);
        Assert.Equal(theirs, ours);
        var opened = new byte[plaintext.Length];
        AesGcm256.Decrypt(key, nonce, theirs, opened, data);
        Assert.Equal(plaintext, opened);
    });

    [Fact]
    public void What_was_altered_anywhere_does_not_open_and_leaves_neither_text_nor_error_behind()
    {
        var random = new Random(1);
        byte[][] parts = [Some(random, AesGcm256.KeySize), Some(random, AesGcm256.NonceSize), new byte[40 + AesGcm256.TagSize], Some(random, 20)];
        AesGcm256.Encrypt(parts[0], parts[1], Some(random, 40), parts[2], parts[3]);
        foreach (var part in parts)
        {
            for (var i = 0; i < part.Length; i++)
            {
                part[i] ^= 1;
                var plaintext = Some(random, 40);
                Assert.Throws<AuthenticationTagMismatchException>(() => AesGcm256.Decrypt(parts[0], parts[1], parts[2], plaintext, parts[3]));
                Assert.Equal(new byte[40], plaintext);
                // TLS on this thread would take it for its own.
                Assert.Equal(0u, PeekError());
                part[i] ^= 1;
            }
        }
        AesGcm256.Decrypt(parts[0], parts[1], parts[2], new byte[40], parts[3]);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        var (key, nonce, sealedText) = (new byte[32], new byte[12], new byte[26]);
        Assert.Throws<ArgumentException>(() => AesGcm256.Decrypt(key.AsSpan(1), nonce, sealedText, new byte[10], []));
        Assert.Throws<ArgumentException>(() => AesGcm256.Decrypt(key, nonce.AsSpan(1), sealedText, new byte[10], []));
        Assert.Throws<ArgumentException>(() => AesGcm256.Decrypt(key, nonce, sealedText, new byte[11], []));
        Assert.Throws<ArgumentException>(() => AesGcm256.Encrypt(key, nonce, new byte[10], new byte[25], []));
    }

    [Fact]
    public void A_key_that_was_used_is_nowhere_in_memory()
    {
        Span<byte> mask = stackalloc byte[AesGcm256.KeySize];
        RandomNumberGenerator.Fill(mask);
        var key = GC.AllocateUninitializedArray<byte>(AesGcm256.KeySize, pinned: true);
        RandomNumberGenerator.Fill(key);
        var masked = Xor(key, mask);
        Assert.True(ProcessMemory.Holds(masked, mask)); // the search finds what is there

        var output = new byte[8 + AesGcm256.TagSize];
        AesGcm256.Encrypt(key, new byte[12], new byte[8], output, []);
        AesGcm256.Decrypt(key, new byte[12], output, new byte[8], []);
        output[0] ^= 1;
        Assert.Throws<AuthenticationTagMismatchException>(() => AesGcm256.Decrypt(key, new byte[12], output, new byte[8], []));
        CryptographicOperations.ZeroMemory(key);
        Assert.False(ProcessMemory.Holds(masked, mask));
    }

    [LibraryImport("libcrypto.so.3", EntryPoint = "ERR_peek_error")]
    private static partial nuint PeekError();

    private static byte[] Xor(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var result = new byte[left.Length];
        for (var i = 0; i < result.Length; i++) result[i] = (byte)(left[i] ^ right[i]);
        return result;
    }

    private static byte[] Some(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex);
}
