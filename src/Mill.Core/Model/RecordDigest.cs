using System.Security.Cryptography;

namespace Mill.Core.Model;

/// <summary>
/// The link of a history: SHA-256 of a version's record as first written. <c>valid_to</c>, <c>state</c> and <c>wrapped_key</c> are left out, because
/// they change later; the wrapped key is bound to the record by its own authentication. See <c>docs/record.md</c>.
/// </summary>
public static class RecordDigest
{
    public const int Size = SHA256.HashSizeInBytes;

    private const string Label = "mill/v1/record-digest";

    /// <summary>What stands in <see cref="SecretVersion.Prev"/> where there is no version before.</summary>
    public static byte[] None { get; } = new byte[Size];

    public static byte[] Of(SecretVersion record)
    {
        var size = 512 + (4 * (record.Tenant.Value.Length + record.Name.Value.Length + record.CreatedBy.Length + record.RequestId.Length)) + record.Ciphertext.Length;
        var buffer = size <= 4096 ? stackalloc byte[4096] : new byte[size];
        var fields = new Canonical(buffer);
        fields.Add(Label);
        fields.Add(record.Format);
        fields.Add(record.Tenant.Value);
        fields.Add(record.Name.Value);
        fields.Add(record.Version);
        fields.Add(record.ValidFrom.Microseconds);
        fields.Add(record.CreatedBy);
        fields.Add(record.RequestId);
        fields.Add(RecordTexts.Of(record.Kind));
        fields.Add(record.KeyId);
        fields.Add(record.WrapSalt.Span);
        fields.Add(record.KeyCommitment.Span);
        fields.Add(record.Nonce.Span);
        fields.Add(record.Ciphertext.Span);
        fields.Add(record.Prev.Span);
        return SHA256.HashData(fields.Bytes);
    }
}

/// <summary>The texts that stand in records and in the API for enumerated fields.</summary>
public static class RecordTexts
{
    public static string Of(ValueKind kind) => kind is ValueKind.Text ? "text" : "binary";

    public static string Of(VersionState state) => state switch
    {
        VersionState.Current => "current",
        VersionState.Superseded => "superseded",
        VersionState.Deleted => "deleted",
        _ => "destroyed",
    };
}
