using System.Collections.Concurrent;
using System.Security.Cryptography;
using Mill.Secrets;

namespace Mill.Vault.KeyRing;

/// <summary>The key that wraps every data key. Pinned in memory, cleared on dispose; its id names it without telling anything about it.</summary>
internal sealed class MasterKey : IDisposable
{
    public const int Size = 32;

    /// <summary>HKDF-Extract of the key, with no salt: what every derivation starts from.</summary>
    private readonly byte[] _extracted = GC.AllocateUninitializedArray<byte>(Size, pinned: true);

    private readonly ConcurrentBag<IncrementalHash> _keyed = [];

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

    /// <summary>
    /// 32 bytes of HKDF-SHA-256 (RFC 5869) of the key, with the label and the context as its info: another label or context gives an unrelated key.
    /// </summary>
    public void Derive(ReadOnlySpan<byte> label, ReadOnlySpan<byte> context, Span<byte> output)
    {
        // One block of HKDF-Expand is one HMAC. Hashes that are keyed already are kept, because keying one costs more than using it.
        if (!_keyed.TryTake(out var hash)) hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _extracted);
        hash.AppendData(label);
        hash.AppendData(context);
        hash.AppendData([1]);
        hash.GetHashAndReset(output);
        _keyed.Add(hash);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_extracted);
        while (_keyed.TryTake(out var hash)) hash.Dispose();
    }

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
