using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.Simulation.Model;

/// <summary>Holds a version against what the model says of it.</summary>
internal static class StoredVersion
{
    public static void RequireSame(ModelVersion expected, SecretVersion record)
    {
        Violation.Unless(record.RequestId == expected.Request, $"{record.Tenant} {record.Name}: the record says {record.RequestId}, but it must be {expected.Request}");
        RequireSame(expected, VersionInfo.Of(record));
    }

    public static void RequireSame(ModelVersion expected, VersionInfo version)
    {
        var found = (version.Version, version.CreatedBy, version.ValidFrom.Microseconds, version.ValidTo?.Microseconds, version.State);
        var wanted = (expected.Number, expected.Writer, expected.From, expected.To, expected.State);
        Violation.Unless(found == wanted, $"{version.Name}: the version says {found}, but it must be {wanted}");
    }
}
