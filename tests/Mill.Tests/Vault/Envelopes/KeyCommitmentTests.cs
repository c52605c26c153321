using System.Security.Cryptography;
using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Tests.Core;
using Mill.Vault.Envelopes;
using Xunit;

namespace Mill.Tests.Vault.Envelopes;

/// <summary>AES-GCM does not commit to its key; the record does.</summary>
public sealed class KeyCommitmentTests
{
    private static readonly VersionDraft Draft = new(Samples.Id, 1, new(10), "ci", "r", ValueKind.Text, RecordDigest.None);

    [Fact]
    public void A_ciphertext_made_to_open_under_two_keys_opens_under_one()
    {
        var (first, firstKey) = Seal(fill: 1);
        var (second, secondKey) = Seal(fill: 2);
        var fields = SealedFields.Of(Draft, Sealing.Cluster, Sealing.Unsealed.Key.Id);
        var associated = fields.Write(new byte[fields.MaxSize], "mill/v1/aad-value"u8).ToArray();
        var both = TwoKeyCiphertext.Make(firstKey, secondKey, first.Nonce.ToArray(), associated);
        Assert.NotEqual(Decrypt(firstKey, first.Nonce.ToArray(), both, associated), Decrypt(secondKey, first.Nonce.ToArray(), both, associated));

        var record = first with { Ciphertext = both };
        using (EnvelopeSealer.Open(Sealing.Unsealed, record))
        {
        }
        var turned = record with { WrapSalt = second.WrapSalt, WrappedKey = second.WrappedKey };
        Assert.Equal(MillError.RecordRejected, Assert.Throws<MillException>(() => EnvelopeSealer.Open(Sealing.Unsealed, turned)).Error);
    }

    private static (SecretVersion Record, byte[] EncryptionKey) Seal(int fill)
    {
        var dataKey = Samples.Bytes(32, fill);
        using var value = SecretValue.FromText("value");
        using var key = SealingKey.From(Sealing.Unsealed.Key, [.. dataKey, .. Samples.Bytes(32, fill + 50), .. Samples.Bytes(12, 7)]);
        var record = EnvelopeSealer.Seal(Sealing.Unsealed, Draft, value, key);
        return (record, HKDF.Expand(HashAlgorithmName.SHA256, dataKey, 64, "mill/v1/value"u8.ToArray())[..32]);
    }

    private static byte[] Decrypt(byte[] key, byte[] nonce, byte[] ciphertext, byte[] associated)
    {
        var plaintext = new byte[16];
        using var aes = new AesGcm(key, 16);
        aes.Decrypt(nonce, ciphertext.AsSpan(0, 16), ciphertext.AsSpan(16), plaintext, associated);
        return plaintext;
    }
}
