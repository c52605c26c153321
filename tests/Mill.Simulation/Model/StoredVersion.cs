using Mill.Core.Model;

namespace Mill.Simulation.Model;

/// <summary>Holds a record against what the model says of it.</summary>
internal static class StoredVersion
{
    public static void RequireSame(ModelVersion expected, SecretVersion record)
    {
        var found = (record.Version, record.CreatedBy, record.RequestId, record.ValidFrom.Microseconds, record.ValidTo?.Microseconds, record.State);
        var wanted = (expected.Number, expected.Writer, expected.Request, expected.From, expected.To, expected.State);
        Violation.Unless(found == wanted, $"{record.Tenant} {record.Name}: the record says {found}, but it must be {wanted}");
    }
}
