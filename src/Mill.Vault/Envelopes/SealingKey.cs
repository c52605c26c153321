using System.Security.Cryptography;
using Mill.Secrets;
using Mill.Vault.Ciphers;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Envelopes;

/// <summary>
/// A fresh data key, with all that depends on it alone: made before a write's turn comes, because while one write is decided the others wait.
/// </summary>
/// <remarks>Good for one sealing, for its nonces may be used once: <see cref="Seal"/> throws <see cref="InvalidOperationException"/> the second time.</remarks>
internal sealed class SealingKey : IDisposable
{
    private const int RandomSize = DataKey.Size + DataKey.SaltSize + AesGcm256.NonceSize;
    private const int RoomSize = RandomSize + DataKey.Size + DataKey.DerivedSize;

    private readonly byte[] _room = PinnedBuffers.Rent(RoomSize);
    private bool _used;
    private bool _disposed;

    private SealingKey(MasterKey master, ReadOnlySpan<byte> given)
    {
        Master = master;
        if (given.IsEmpty) RandomNumberGenerator.Fill(_room.AsSpan(0, RandomSize));
        else given.CopyTo(_room);
        DataKey.DeriveWrappingKey(master, Salt, WrappingKey);
        _ = new DataKey(_room.AsSpan(0, DataKey.Size), _room.AsSpan(RandomSize + DataKey.Size, DataKey.DerivedSize));
    }

    /// <summary>The master key that wraps it.</summary>
    public MasterKey Master { get; }

    public ReadOnlySpan<byte> Salt => _room.AsSpan(DataKey.Size, DataKey.SaltSize);

    public ReadOnlySpan<byte> Nonce => _room.AsSpan(DataKey.Size + DataKey.SaltSize, AesGcm256.NonceSize);

    public ReadOnlySpan<byte> EncryptionKey => _room.AsSpan(RandomSize + DataKey.Size, DataKey.Size);

    public ReadOnlySpan<byte> Commitment => _room.AsSpan(RandomSize + (2 * DataKey.Size), DataKey.Size);

    private Span<byte> WrappingKey => _room.AsSpan(RandomSize, DataKey.Size);

    public static SealingKey Make(MasterKey master) => new(master, []);

    /// <summary>With given randomness, so that test vectors can be checked: a data key, a salt, a nonce.</summary>
    public static SealingKey From(MasterKey master, ReadOnlySpan<byte> random) =>
        random.Length == RandomSize ? new(master, random) : throw new ArgumentException($"A sealing takes {RandomSize} random bytes.", nameof(random));

    /// <summary>Wraps the data key, and seals the value with what is derived from it.</summary>
    public void Seal(SecretValue value, ReadOnlySpan<byte> wrapData, Span<byte> wrapped, ReadOnlySpan<byte> valueData, Span<byte> ciphertext)
    {
        if (_used) throw new InvalidOperationException("A sealing key is used once.");
        _used = true;
        AesGcm256.Encrypt(WrappingKey, DataKey.FixedNonce, _room.AsSpan(0, DataKey.Size), wrapped, wrapData);
        value.Reveal(
            new Encryption(EncryptionKey, Nonce, ciphertext, valueData),
            static (plaintext, to) => AesGcm256.Encrypt(to.Key, to.Nonce, plaintext, to.Ciphertext, to.AssociatedData));
    }

    public void Dispose()
    {
        if (_disposed) return;
        _disposed = true;
        PinnedBuffers.Return(_room);
    }

    private readonly ref struct Encryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, Span<byte> ciphertext, ReadOnlySpan<byte> associatedData)
    {
        public readonly ReadOnlySpan<byte> Key = key;
        public readonly ReadOnlySpan<byte> Nonce = nonce;
        public readonly Span<byte> Ciphertext = ciphertext;
        public readonly ReadOnlySpan<byte> AssociatedData = associatedData;
    }
}
