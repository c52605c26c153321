using System.Security.Cryptography;
using Mill.Vault.Ciphers;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Envelopes;

/// <summary>
/// The key of one version, and the two things derived from it: an encryption key and a commitment. AES-GCM alone does not commit to its key: one
/// ciphertext can be made to open under two keys to two texts. The commitment rules that out.
/// </summary>
internal ref struct DataKey
{
    public const int Size = AesGcm256.KeySize;
    public const int WrappedSize = Size + AesGcm256.TagSize;
    public const int SaltSize = 32;
    public const int DerivedSize = Size * 2;

    /// <summary>For keys that a random salt makes new ones, used once.</summary>
    public static ReadOnlySpan<byte> FixedNonce => "\0\0\0\0\0\0\0\0\0\0\0\0"u8;

    private static ReadOnlySpan<byte> WrapLabel => "mill/v1/wrap"u8;

    private static ReadOnlySpan<byte> ValueLabel => "mill/v1/value"u8;

    private readonly Span<byte> _derived;

    /// <summary>Derives both halves: 64 bytes of HKDF-Expand. A data key is uniformly random, so it needs no extraction (RFC 5869, section 3.3).</summary>
    public DataKey(ReadOnlySpan<byte> dataKey, Span<byte> derived)
    {
        HKDF.Expand(HashAlgorithmName.SHA256, dataKey, derived, ValueLabel);
        _derived = derived;
    }

    /// <summary>Room that <see cref="Unwrap"/> needs: the data key, the wrapping key, and what is derived.</summary>
    public const int ScratchSize = (Size * 2) + DerivedSize;

    public readonly ReadOnlySpan<byte> EncryptionKey => _derived[..Size];

    public readonly ReadOnlySpan<byte> Commitment => _derived.Slice(Size, Size);

    /// <summary>The key that wraps one data key, and nothing else ever.</summary>
    public static void DeriveWrappingKey(MasterKey master, ReadOnlySpan<byte> salt, Span<byte> wrappingKey) => master.Derive(WrapLabel, salt, wrappingKey);

    /// <summary>Throws <see cref="AuthenticationTagMismatchException"/> for another master key, another place, or altered bytes.</summary>
    public static DataKey Unwrap(MasterKey master, ReadOnlySpan<byte> wrapped, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> associatedData, Span<byte> scratch)
    {
        var dataKey = scratch[..Size];
        var wrappingKey = scratch.Slice(Size, Size);
        DeriveWrappingKey(master, salt, wrappingKey);
        AesGcm256.Decrypt(wrappingKey, FixedNonce, wrapped, dataKey, associatedData);
        return new(dataKey, scratch.Slice(Size * 2, DerivedSize));
    }
}
