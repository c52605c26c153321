namespace Mill.Core.Model;

/// <summary>Which secret: a name in a tenant.</summary>
public readonly record struct SecretId(TenantId Tenant, SecretName Name);
