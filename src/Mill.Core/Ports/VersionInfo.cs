using Mill.Core.Model;

namespace Mill.Core.Ports;

/// <summary>What is known of a version without its value: all that leaves the vault of a record.</summary>
public readonly record struct VersionInfo(SecretName Name, int Version, VersionState State, ValueKind Kind, Timestamp ValidFrom, Timestamp? ValidTo, string CreatedBy, string KeyId)
{
    public static VersionInfo Of(SecretVersion version) =>
        new(version.Name, version.Version, version.State, version.Kind, version.ValidFrom, version.ValidTo, version.CreatedBy, version.KeyId);
}
