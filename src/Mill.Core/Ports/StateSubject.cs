using Mill.Core.Model;

namespace Mill.Core.Ports;

/// <summary>What a read looks at, so that it waits for a write of the same thing only.</summary>
public readonly record struct StateSubject
{
    private StateSubject(TenantId? tenant, string name) => (Tenant, Name) = (tenant, name);

    /// <summary>Null for what is no tenant's.</summary>
    public TenantId? Tenant { get; }

    public string Name { get; }

    public static StateSubject Secret(SecretId id) => new(id.Tenant, id.Name.Value);

    public static StateSubject Token(string id) => new(null, id);

    /// <summary>What a record is about; null where nobody reads it by itself.</summary>
    public static StateSubject? Of(RecordKey key) => key switch
    {
        SecretVersionKey version => Secret(new(version.Tenant, version.Name)),
        PrunedKey pruned => Secret(new(pruned.Tenant, pruned.Name)),
        TokenKey token => Token(token.Id),
        _ => null,
    };
}
