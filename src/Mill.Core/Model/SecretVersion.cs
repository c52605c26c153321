using System.Text.Json.Serialization;

namespace Mill.Core.Model;

/// <summary>One version of one secret, sealed: the record that is stored. Only the vault can open it.</summary>
public sealed record SecretVersion : StateRecord
{
    private const int MaxText = 256;
    private const int MaxField = 64;

    public required TenantId Tenant { get; init; }

    public required SecretName Name { get; init; }

    /// <summary>From 1, never reused.</summary>
    public required int Version { get; init; }

    /// <summary>Commit time of its own write; the interval is <c>[valid_from, valid_to)</c>.</summary>
    public required Timestamp ValidFrom { get; init; }

    /// <summary>Commit time of what ended it; null while it is current. Mutable: not part of <see cref="RecordDigest"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public Timestamp? ValidTo { get; init; }

    /// <summary>Mutable: not part of <see cref="RecordDigest"/>.</summary>
    public required VersionState State { get; init; }

    /// <summary>Subject of the writer.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>Request of the writer, to find it in the logs.</summary>
    public required string RequestId { get; init; }

    public required ValueKind Kind { get; init; }

    /// <summary>Which master key wraps the data key: 16 hex digits.</summary>
    public required string KeyId { get; init; }

    // The bytes that never change are memory, not arrays: one array holds them all where there are many versions, and the garbage collector, whose pauses
    // every writer feels, has less to move. The wrapped key stays by itself, because it must be able to go.
    public required ReadOnlyMemory<byte> WrapSalt { get; init; }

    /// <summary>The wrapped data key; null once the version is destroyed. Mutable: not part of <see cref="RecordDigest"/>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required byte[]? WrappedKey { get; init; }

    public required ReadOnlyMemory<byte> KeyCommitment { get; init; }

    public required ReadOnlyMemory<byte> Nonce { get; init; }

    public required ReadOnlyMemory<byte> Ciphertext { get; init; }

    /// <summary><see cref="RecordDigest"/> of the version before; 32 zero bytes for the first.</summary>
    public required ReadOnlyMemory<byte> Prev { get; init; }

    /// <summary>Whether every field has a size that it can have: what is larger was not written here, and must not choose how much memory a check takes.</summary>
    [JsonIgnore]
    public bool IsWellShaped => CreatedBy.Length <= MaxText && RequestId.Length <= MaxText && KeyId.Length <= MaxText && Prev.Length == RecordDigest.Size
        && WrapSalt.Length <= MaxField && (WrappedKey?.Length ?? 0) <= MaxField && KeyCommitment.Length <= MaxField && Nonce.Length <= MaxField;

    [JsonIgnore]
    public SecretId Id => new(Tenant, Name);

    [JsonIgnore]
    public RecordKey Key => new SecretVersionKey(Tenant, Name, Version);

    /// <summary>True at moments inside <c>[valid_from, valid_to)</c>.</summary>
    public bool IsValidAt(Timestamp moment) => ValidFrom <= moment && (ValidTo is not { } end || moment < end);
}
