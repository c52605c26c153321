namespace Mill.Core.Model;

/// <summary>What was read of a <see cref="SecretVersion"/>; the bytes that never change are ranges of one array, as they will be in the record.</summary>
internal struct SecretVersionFields
{
    public int Version;
    public Timestamp ValidFrom;
    public Timestamp? ValidTo;
    public VersionState State;
    public string CreatedBy;
    public string RequestId;
    public ValueKind Kind;
    public string KeyId;
    public Range WrapSalt;
    public byte[]? WrappedKey;
    public Range KeyCommitment;
    public Range Nonce;
    public Range Ciphertext;
    public Range Prev;
    public int Format;

    public readonly SecretVersion ToRecord(SecretVersionKey key, ReadOnlySpan<byte> decoded)
    {
        ReadOnlyMemory<byte> bytes = decoded.ToArray();
        return new()
        {
            Tenant = key.Tenant,
            Name = key.Name,
            Version = Version,
            ValidFrom = ValidFrom,
            ValidTo = ValidTo,
            State = State,
            CreatedBy = CreatedBy,
            RequestId = RequestId,
            Kind = Kind,
            KeyId = KeyId,
            WrapSalt = bytes[WrapSalt],
            WrappedKey = WrappedKey,
            KeyCommitment = bytes[KeyCommitment],
            Nonce = bytes[Nonce],
            Ciphertext = bytes[Ciphertext],
            Prev = bytes[Prev],
            Format = Format,
        };
    }
}
