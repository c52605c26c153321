using Mill.Core.Model;

namespace Mill.Core.Secrets;

/// <summary>A version before it is sealed: everything about it but its value and its keys.</summary>
public sealed record VersionDraft(SecretId Id, int Version, Timestamp ValidFrom, string CreatedBy, string RequestId, ValueKind Kind, byte[] Prev);
