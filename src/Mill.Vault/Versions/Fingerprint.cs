using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>
/// A digest of a request, to tell a retry from a different request under the same key. Keyed with the master key, because a plain digest of a short
/// secret could be guessed by whoever reads the store. Every field goes in with its length, so that no two requests look alike.
/// </summary>
internal sealed class Fingerprint : IDisposable
{
    private readonly IncrementalHash _hash;

    private Fingerprint(ReadOnlySpan<byte> key) => _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);

    public static Fingerprint Of(Unsealed unsealed, string operation)
    {
        Span<byte> key = stackalloc byte[SHA256.HashSizeInBytes];
        unsealed.Key.Derive("mill/v1/fingerprint"u8, [], key);
        var fingerprint = new Fingerprint(key);
        CryptographicOperations.ZeroMemory(key);
        return fingerprint.Add(operation);
    }

    public Fingerprint Add(string? text) => text is null ? Add(-1) : Add(Encoding.UTF8.GetBytes(text));

    public Fingerprint Add(long? number)
    {
        Span<byte> bytes = stackalloc byte[9];
        bytes[0] = number is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteInt64BigEndian(bytes[1..], number ?? 0);
        return Add(bytes);
    }

    public Fingerprint Add(WritePrecondition precondition) => Add(precondition.IfAbsent ? 1 : 0).Add(precondition.IfVersion);

    public Fingerprint Add(SecretValue? value, ValueKind kind)
    {
        Add((int)kind).Add(value?.Length ?? -1);
        value?.Reveal(this, static (bytes, self) => self.Add(bytes));
        return this;
    }

    public byte[] ToArray() => _hash.GetHashAndReset();

    public void Dispose() => _hash.Dispose();

    public Fingerprint Add(ReadOnlySpan<byte> bytes)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        _hash.AppendData(length);
        _hash.AppendData(bytes);
        return this;
    }
}
