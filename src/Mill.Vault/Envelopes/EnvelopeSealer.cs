using System.Security.Cryptography;
using Mill.Core.Model;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.Ciphers;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Envelopes;

/// <summary>
/// Seals one version of one secret and opens it again, as <c>docs/record.md</c> says. Plaintext and keys live in pinned buffers that are cleared.
/// </summary>
internal static class EnvelopeSealer
{
    private static ReadOnlySpan<byte> WrapData => "mill/v1/aad-wrap"u8;

    private static ReadOnlySpan<byte> ValueData => "mill/v1/aad-value"u8;

    public static SecretVersion Seal(Unsealed unsealed, VersionDraft draft, SecretValue value)
    {
        using var key = SealingKey.Make(unsealed.Key);
        return Seal(unsealed, draft, value, key);
    }

    /// <summary>With a key that was made before, for this one sealing, under the master key that is at hand now.</summary>
    public static SecretVersion Seal(Unsealed unsealed, VersionDraft draft, SecretValue value, SealingKey key)
    {
        var fields = SealedFields.Of(draft, unsealed.ClusterId, key.Master.Id);
        var record = Unfilled(draft, key, value.Length, out var ciphertext);
        Span<byte> wrapData = stackalloc byte[fields.MaxSize];
        Span<byte> valueData = stackalloc byte[fields.MaxSize];
        key.Seal(value, fields.Write(wrapData, WrapData), record.WrappedKey, fields.Write(valueData, ValueData), ciphertext.Span);
        // The next write of this secret compares its value with this one, while everybody waits.
        unsealed.Opened?.Keep(record, key.EncryptionKey);
        return record;
    }

    /// <summary>
    /// The value of a version. Throws <see cref="MillError.RecordRejected"/> where the record is not exactly what was sealed at this place of this
    /// cluster, and <see cref="MillError.NotFound"/> for a destroyed one.
    /// </summary>
    public static SecretValue Open(Unsealed unsealed, SecretVersion record)
    {
        if (record.WrappedKey is null) throw Destroyed(record);
        if (!HasRightSizes(record)) throw Rejected(record, null);
        // The stack is as good as pinned memory: nothing moves it.
        Span<byte> scratch = stackalloc byte[DataKey.ScratchSize];
        try
        {
            return Open(unsealed, record, scratch);
        }
        catch (AuthenticationTagMismatchException e)
        {
            throw Rejected(record, e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(scratch);
        }
    }

    private static SecretValue Open(Unsealed unsealed, SecretVersion record, Span<byte> scratch)
    {
        var fields = SealedFields.Of(record, unsealed.ClusterId);
        Span<byte> associated = stackalloc byte[fields.MaxSize];
        var key = EncryptionKey(unsealed, record, fields, associated, scratch);
        return SecretValue.Create(
            record.Ciphertext.Length - AesGcm256.TagSize,
            new Decryption(key, record.Nonce.Span, record.Ciphertext.Span, fields.Write(associated, ValueData)),
            static (plaintext, from) => AesGcm256.Decrypt(from.Key, from.Nonce, from.Ciphertext, plaintext, from.AssociatedData));
    }

    private static ReadOnlySpan<byte> EncryptionKey(Unsealed unsealed, SecretVersion record, SealedFields fields, Span<byte> associated, Span<byte> scratch)
    {
        if (unsealed.Opened?.TryCopy(record, scratch[..DataKey.Size]) is true) return scratch[..DataKey.Size];
        if (!HasRightKeySizes(record)) throw Rejected(record, null);
        var key = DataKey.Unwrap(unsealed.Key, record.WrappedKey, record.WrapSalt.Span, fields.Write(associated, WrapData), scratch);
        if (!CryptographicOperations.FixedTimeEquals(key.Commitment, record.KeyCommitment.Span)) throw Rejected(record, null);
        unsealed.Opened?.Keep(record, key.EncryptionKey);
        return key.EncryptionKey;
    }

    /// <summary>The record, its bytes in one array, with room for what is not encrypted yet.</summary>
    private static SecretVersion Unfilled(VersionDraft draft, SealingKey key, int valueLength, out Memory<byte> ciphertext)
    {
        Memory<byte> free = new byte[DataKey.SaltSize + DataKey.Size + AesGcm256.NonceSize + draft.Prev.Length + valueLength + AesGcm256.TagSize];
        ciphertext = Take(ref free, valueLength + AesGcm256.TagSize);
        return new()
        {
            Tenant = draft.Id.Tenant,
            Name = draft.Id.Name,
            Version = draft.Version,
            ValidFrom = draft.ValidFrom,
            State = VersionState.Current,
            CreatedBy = draft.CreatedBy,
            RequestId = draft.RequestId,
            Kind = draft.Kind,
            KeyId = key.Master.Id,
            WrapSalt = Copy(key.Salt, ref free),
            WrappedKey = new byte[DataKey.WrappedSize],
            KeyCommitment = Copy(key.Commitment, ref free),
            Nonce = Copy(key.Nonce, ref free),
            Ciphertext = ciphertext,
            Prev = Copy(draft.Prev, ref free),
        };
    }

    private static Memory<byte> Take(ref Memory<byte> free, int length)
    {
        var taken = free[..length];
        free = free[length..];
        return taken;
    }

    private static ReadOnlyMemory<byte> Copy(ReadOnlySpan<byte> bytes, ref Memory<byte> free)
    {
        var taken = Take(ref free, bytes.Length);
        bytes.CopyTo(taken.Span);
        return taken;
    }

    private static bool HasRightSizes(SecretVersion record) =>
        record.Nonce.Length == AesGcm256.NonceSize && record.Ciphertext.Length >= AesGcm256.TagSize && record.Prev.Length == RecordDigest.Size;

    private static bool HasRightKeySizes(SecretVersion record) =>
        record.WrappedKey!.Length == DataKey.WrappedSize && record.WrapSalt.Length == DataKey.SaltSize && record.KeyCommitment.Length == DataKey.Size;

    private static MillException Destroyed(SecretVersion record) =>
        new(MillError.NotFound, $"Version {record.Version} of secret \"{record.Name}\" was destroyed: its value is gone for good.")
        {
            Hint = $"See which versions there are: mill secret history {record.Name}",
        };

    private static MillException Rejected(SecretVersion record, Exception? cause) =>
        new(MillError.RecordRejected, $"The record of version {record.Version} of secret \"{record.Name}\" is not what was sealed here: it was altered, or copied from elsewhere.", cause)
        {
            Hint = "Check the whole store: mill verify",
        };

    private readonly ref struct Decryption(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> ciphertext, ReadOnlySpan<byte> associatedData)
    {
        public readonly ReadOnlySpan<byte> Key = key;
        public readonly ReadOnlySpan<byte> Nonce = nonce;
        public readonly ReadOnlySpan<byte> Ciphertext = ciphertext;
        public readonly ReadOnlySpan<byte> AssociatedData = associatedData;
    }
}
