using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.Ciphers;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Benchmarks.Micro;

/// <summary>What sealing and opening cost, and the parts that they are made of.</summary>
public class EnvelopeBenchmarks
{
    private readonly byte[] _salt = new byte[DataKey.SaltSize];
    private readonly byte[] _derived = new byte[64];
    private readonly byte[] _key = new byte[DataKey.Size];
    private byte[] _encrypted = [];
    private byte[] _decrypted = [];
    private MasterKey _master = null!;
    private Unsealed _unsealed;
    private VersionDraft _draft = null!;
    private SecretValue _value = null!;
    private SecretVersion _sealed = null!;

    [Params(32, 4096)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _master = MasterKey.From(new byte[MasterKey.Size]);
        _unsealed = new(_master, new string('c', 32));
        _draft = new(new(TenantId.Default, SecretName.Parse("bench/key-00000001")), 1, new(1_700_000_000_000_000), "dev", "0123456789abcdef", ValueKind.Binary, RecordDigest.None);
        _value = SecretValue.FromBytes(new byte[Size]);
        (_decrypted, _encrypted) = (new byte[Size], new byte[Size + AesGcm256.TagSize]);
        AesGcm256.Encrypt(_key, _salt.AsSpan(0, AesGcm256.NonceSize), _decrypted, _encrypted, _salt);
        _sealed = EnvelopeSealer.Seal(_unsealed, _draft, _value);
    }

    [Benchmark]
    public object Seal() => EnvelopeSealer.Seal(_unsealed, _draft, _value);

    [Benchmark]
    public void Open()
    {
        using var value = EnvelopeSealer.Open(_unsealed, _sealed);
    }

    [Benchmark]
    public object Encode() => RecordCodec.Encode(_sealed);

    [Benchmark]
    public object Digest() => RecordDigest.Of(_sealed);

    [Benchmark]
    public void Hkdf() => HKDF.DeriveKey(HashAlgorithmName.SHA256, _key, _derived, _salt, "mill/v1/wrap"u8);

    [Benchmark]
    public void Decrypt() => AesGcm256.Decrypt(_key, _salt.AsSpan(0, AesGcm256.NonceSize), _encrypted, _decrypted, _salt);

    [Benchmark]
    public void DecryptByNet()
    {
        using var aes = new AesGcm(_key, AesGcm256.TagSize);
        aes.Decrypt(_salt.AsSpan(0, AesGcm256.NonceSize), _encrypted.AsSpan(0, Size), _encrypted.AsSpan(Size), _decrypted, _salt);
    }

    [GlobalCleanup]
    public void CleanUp()
    {
        _value.Dispose();
        _master.Dispose();
    }
}
