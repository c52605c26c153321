using Mill.Core.Model;
using Mill.Core.Secrets;

namespace Mill.Vault.Envelopes;

/// <summary>The immutable fields of a record that both encryptions authenticate: a record that was copied elsewhere or re-dated does not open.</summary>
internal readonly record struct SealedFields(string ClusterId, SecretId Id, int Version, Timestamp ValidFrom, string CreatedBy, ValueKind Kind, string KeyId, ReadOnlyMemory<byte> Prev)
{
    public static SealedFields Of(VersionDraft draft, string clusterId, string keyId) =>
        new(clusterId, draft.Id, draft.Version, draft.ValidFrom, draft.CreatedBy, draft.Kind, keyId, draft.Prev);

    public static SealedFields Of(SecretVersion record, string clusterId) =>
        new(clusterId, record.Id, record.Version, record.ValidFrom, record.CreatedBy, record.Kind, record.KeyId, record.Prev);

    /// <summary>Room that the associated data needs at most.</summary>
    public int MaxSize => 256 + RecordDigest.Size + ClusterId.Length + Id.Tenant.Value.Length + Id.Name.Value.Length + (3 * CreatedBy.Length) + KeyId.Length;

    /// <summary>The associated data of one of the two encryptions; the label keeps them apart.</summary>
    public ReadOnlySpan<byte> Write(Span<byte> buffer, ReadOnlySpan<byte> label)
    {
        var fields = new Canonical(buffer);
        fields.Add(label);
        fields.Add(StateRecord.CurrentFormat);
        fields.Add(ClusterId);
        fields.Add(Id.Tenant.Value);
        fields.Add(Id.Name.Value);
        fields.Add(Version);
        fields.Add(ValidFrom.Microseconds);
        fields.Add(CreatedBy);
        fields.Add(RecordTexts.Of(Kind));
        fields.Add(KeyId);
        fields.Add(Prev.Span);
        return buffer[..fields.Bytes.Length];
    }
}
