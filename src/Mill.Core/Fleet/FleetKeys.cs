using System.Globalization;
using Mill.Core.Model;

namespace Mill.Core.Fleet;

public sealed record FleetKey : RecordKey
{
    public override string ToString() => Root + "fleet";
}

public sealed record ServiceKey(string Name) : RecordKey
{
    public override string ToString() => $"{Root}services/{Name}";
}

public sealed record TaskKey(string Name) : RecordKey
{
    public override string ToString() => $"{Root}tasks/{Name}";
}

public sealed record RegistryKey(TenantId Tenant, string Address) : RecordKey
{
    /// <summary>Of all tenants' registries.</summary>
    public string Id => $"{Tenant}/{Address}";

    public override string ToString() => $"{Root}registries/{Id}";
}

public sealed record DeployKey(int Number) : RecordKey
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Root}deploys/{Number}");
}

public sealed record AllocKey(string Id) : RecordKey
{
    public override string ToString() => $"{Root}allocs/{Id}";
}

public sealed record TaskTotalsKey(TenantId Tenant, string Name) : RecordKey
{
    /// <summary>Of all tenants' tasks.</summary>
    public string Id => $"{Tenant}/{Name}";

    public override string ToString() => $"{Root}task-totals/{Id}";
}

public sealed record NodeStateKey(NodeId Node) : RecordKey
{
    public override string ToString() => $"{Root}node-states/{Node}";
}
