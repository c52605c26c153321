using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>The key that wraps every data key. Pinned in memory, cleared on dispose; its id names it without telling anything about it.</summary>
internal sealed class MasterKey : IDisposable
{
    public const int Size = 32;

    private readonly byte[] _bytes;

    private MasterKey(byte[] bytes) => (_bytes, Id) = (bytes, IdOf(bytes));

    /// <summary>16 hex digits: the first eight bytes of SHA-256 over a label and the key.</summary>
    public string Id { get; }

    public static MasterKey From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A master key has 32 bytes.", nameof(bytes));
        var copy = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
        bytes.CopyTo(copy);
        return new(copy);
    }

    /// <summary>HKDF-SHA-256 (RFC 5869) of the key: a different salt or label gives an unrelated key.</summary>
    public void Derive(ReadOnlySpan<byte> salt, ReadOnlySpan<byte> label, Span<byte> output) => HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, output, salt, label);

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    private static string IdOf(byte[] key)
    {
        var label = "mill/v1/master-key-id"u8;
        var input = PinnedBuffers.Rent(label.Length + Size);
        label.CopyTo(input);
        key.CopyTo(input.AsSpan(label.Length));
        var id = Convert.ToHexStringLower(SHA256.HashData(input.AsSpan(0, label.Length + Size)).AsSpan(0, 8));
        PinnedBuffers.Return(input);
        return id;
    }
}
