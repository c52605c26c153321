using System.Security.Cryptography;

namespace Mill.Vault.Ciphers;

/// <summary>AES-256-GCM (NIST SP 800-38D) with nonces of 12 bytes and tags of 16, for keys that are used once or twice.</summary>
/// <remarks>.NET's own spends most of its time on making and ending its object: see <c>docs/adr/0012-aes-gcm-from-openssl.md</c>.</remarks>
internal static class AesGcm256
{
    public const int KeySize = 32;
    public const int NonceSize = 12;
    public const int TagSize = 16;

    /// <param name="plaintext">What to hide.</param>
    /// <param name="output">The ciphertext, as long as the plaintext, and after it the tag.</param>
    public static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> plaintext, Span<byte> output, ReadOnlySpan<byte> associatedData)
    {
        DemandSizes(key, nonce, plaintext.Length, output.Length);
        var context = CipherContext.Own;
        try
        {
            context.Begin(key, nonce, associatedData, encrypts: true);
            context.Transform(plaintext, output[..plaintext.Length]);
            context.FinishEncryption(output[plaintext.Length..]);
        }
        finally
        {
            context.Forget();
        }
    }

    /// <summary>Throws <see cref="AuthenticationTagMismatchException"/>, and clears the plaintext, where anything is not as it was encrypted.</summary>
    /// <param name="input">A ciphertext and its tag.</param>
    /// <param name="plaintext">As long as the input without the tag.</param>
    public static void Decrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> input, Span<byte> plaintext, ReadOnlySpan<byte> associatedData)
    {
        DemandSizes(key, nonce, plaintext.Length, input.Length);
        var (context, isAuthentic) = (CipherContext.Own, false);
        try
        {
            context.Begin(key, nonce, associatedData, encrypts: false);
            context.Transform(input[..plaintext.Length], plaintext);
            isAuthentic = context.TryFinishDecryption(input[plaintext.Length..]);
        }
        finally
        {
            context.Forget();
            if (!isAuthentic) CryptographicOperations.ZeroMemory(plaintext);
        }
        if (!isAuthentic) throw new AuthenticationTagMismatchException();
    }

    private static void DemandSizes(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, int plaintextLength, int sealedLength)
    {
        if (key.Length != KeySize) throw new ArgumentException($"A key has {KeySize} bytes.", nameof(key));
        if (nonce.Length != NonceSize) throw new ArgumentException($"A nonce has {NonceSize} bytes.", nameof(nonce));
        if (sealedLength != plaintextLength + TagSize) throw new ArgumentException($"Sealed is {TagSize} bytes longer than plain.", nameof(sealedLength));
    }
}
