using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>The key that wraps every data key. Pinned in memory, cleared on dispose; its id names it without telling anything about it.</summary>
internal sealed class MasterKey : IDisposable
{
    public const int Size = 32;

    /// <summary>HKDF-Extract of the key, with no salt: what every derivation starts from.</summary>
    private readonly byte[] _extracted = GC.AllocateUninitializedArray<byte>(Size, pinned: true);

    private MasterKey(ReadOnlySpan<byte> bytes)
    {
        Id = IdOf(bytes);
        HKDF.Extract(HashAlgorithmName.SHA256, bytes, [], _extracted);
    }

    /// <summary>16 hex digits: the first eight bytes of SHA-256 over a label and the key.</summary>
    public string Id { get; }

    public static MasterKey From(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Size) throw new ArgumentException("A master key has 32 bytes.", nameof(bytes));
        return new(bytes);
    }

    /// <summary>HKDF-SHA-256 (RFC 5869) of the key, with the label and the context as its info: another label or context gives an unrelated key.</summary>
    public void Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        Span<byte> info = stackalloc byte[label.Length + context.Length];
        label.CopyTo(info);
        context.CopyTo(info[label.Length..]);
        HKDF.Expand(HashAlgorithmName.SHA256, _extracted, output, info);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_extracted);

    private static string IdOf(ReadOnlySpan<byte> key)
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
