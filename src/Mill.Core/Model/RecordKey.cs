using System.Globalization;
using Mill.Core.Fleet;
using Mill.Core.Specs;

namespace Mill.Core.Model;

/// <summary>Where a record is stored. <see cref="object.ToString"/> is the key in the store.</summary>
public abstract record RecordKey
{
    /// <summary>Everything Mill stores is below this.</summary>
    public const string Root = "/mill/v1/";

    /// <summary>Reads a key of the store. Throws <see cref="FormatException"/> for a key this version does not know.</summary>
    public static RecordKey Parse(string key)
    {
        if (!key.StartsWith(Root, StringComparison.Ordinal)) throw Unknown(key);
        if (key.StartsWith(SecretVersionKey.Start, StringComparison.Ordinal)) return ParseSecret(key);
        var parsed = ParseBelowRoot(key);
        // One key has one text: a slash at the end was never written by Mill.
        return parsed.ToString() == key ? parsed : throw Unknown(key);
    }

    private static RecordKey ParseBelowRoot(string key)
    {
        var (kind, rest) = Cut(key[Root.Length..]);
        return (kind, rest) switch
        {
            ("cluster", "") => new ClusterKey(),
            ("head", "") => new HeadKey(),
            ("restore", "") => new RestoreKey(),
            ("leader", "") => new LeaderKey(),
            ("authority", "") => new AuthorityKey(),
            ("revocations", "") => new RevocationsKey(),
            ("nodes", _) when NodeId.TryParse(rest, out var node) => new NodeKey(node),
            ("join-tokens", { Length: > 0 } id) when !id.Contains('/') => new JoinTokenKey(id),
            ("tokens", { Length: > 0 } id) => new TokenKey(id),
            ("fleet", "") => new FleetKey(),
            ("services", _) when WorkloadName.IsValid(rest) => new ServiceKey(rest),
            ("tasks", _) when WorkloadName.IsValid(rest) => new TaskKey(rest),
            ("registries", _) when Cut(rest) is var (tenant, address) && RegistrySpec.IsAddress(address) && TenantOf(tenant) is { } owner => new RegistryKey(owner, address),
            ("deploys", _) when int.TryParse(rest, NumberStyles.None, CultureInfo.InvariantCulture, out var number) => new DeployKey(number),
            ("allocs", { Length: > 0 }) when !rest.Contains('/') => new AllocKey(rest),
            ("node-states", _) when NodeId.TryParse(rest, out var node) => new NodeStateKey(node),
            ("task-totals", _) when Cut(rest) is var (tenant, name) && WorkloadName.IsValid(name) && TenantOf(tenant) is { } owner => new TaskTotalsKey(owner, name),
            ("retention", _) when TenantId.TryParse(rest, out var tenant) => new RetentionKey(tenant),
            ("pruned", _) => ParsePruned(key, rest),
            ("idempotency", _) => ParseIdempotency(key, rest),
            _ => throw Unknown(key),
        };
    }

    /// <summary>There may be a million of these, and a start reads them all: no text is made that is not kept.</summary>
    private static SecretVersionKey ParseSecret(string key)
    {
        var rest = key.AsSpan(SecretVersionKey.Start.Length);
        var (first, last) = (rest.IndexOf('/'), rest.LastIndexOf('/'));
        var digits = rest[(last + 1)..];
        return first > 0 && last > first + 1
            && TenantOf(rest[..first]) is { } tenant
            && SecretName.TryParse(rest[(first + 1)..last].ToString(), out var name)
            && digits is [not '0', ..] && !digits.ContainsAnyExceptInRange('0', '9') // one key has one text
            && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
                ? new(tenant, name, version)
                : throw Unknown(key);
    }

    private static TenantId? TenantOf(ReadOnlySpan<char> text) =>
        text.SequenceEqual(TenantId.Default.Value) ? TenantId.Default : TenantId.TryParse(text.ToString(), out var tenant) ? tenant : null;

    private static PrunedKey ParsePruned(string key, string rest)
    {
        var (tenant, path) = Cut(rest);
        return TenantId.TryParse(tenant, out var tenantId) && SecretName.TryParse(path, out var name) ? new(tenantId, name) : throw Unknown(key);
    }

    private static IdempotencyKey ParseIdempotency(string key, string rest)
    {
        var (owner, digest) = Cut(rest);
        return owner.Length > 0 && digest.Length > 0 ? new(owner, digest) : throw Unknown(key);
    }

    private static (string First, string Tail) Cut(string path)
    {
        var slash = path.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? (path, "") : (path[..slash], path[(slash + 1)..]);
    }

    private static FormatException Unknown(string key) => new($"The store holds a key that this version of Mill does not know: {key}");
}

public sealed record ClusterKey : RecordKey
{
    public override string ToString() => Root + "cluster";
}

public sealed record HeadKey : RecordKey
{
    public override string ToString() => Root + "head";
}

/// <summary>Stands in a store as long as a backup is being restored into it: what else is there is half of something.</summary>
public sealed record RestoreKey : RecordKey
{
    public override string ToString() => Root + "restore";
}

public sealed record TokenKey(string Id) : RecordKey
{
    public override string ToString() => $"{Root}tokens/{Id}";
}

public sealed record RetentionKey(TenantId Tenant) : RecordKey
{
    public override string ToString() => $"{Root}retention/{Tenant}";
}

public sealed record SecretVersionKey(TenantId Tenant, SecretName Name, int Version) : RecordKey
{
    internal const string Start = Root + "secrets/";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Start}{Tenant.Value}/{Name.Value}/{Version}");
}

public sealed record PrunedKey(TenantId Tenant, SecretName Name) : RecordKey
{
    public override string ToString() => $"{Root}pruned/{Tenant}/{Name}";
}

/// <summary>One caller's use of one <c>Idempotency-Key</c>: the key itself may say too much, so only its digest is stored.</summary>
/// <param name="TokenId">The token it came with. Another token's keys are another space.</param>
/// <param name="KeyDigest">SHA-256 of the key, as hex.</param>
public sealed record IdempotencyKey(string TokenId, string KeyDigest) : RecordKey
{
    public override string ToString() => $"{Root}idempotency/{TokenId}/{KeyDigest}";
}

public sealed record AuthorityKey : RecordKey
{
    public override string ToString() => Root + "authority";
}

public sealed record RevocationsKey : RecordKey
{
    public override string ToString() => Root + "revocations";
}

public sealed record LeaderKey : RecordKey
{
    public override string ToString() => Root + "leader";
}

public sealed record NodeKey(NodeId Id) : RecordKey
{
    public override string ToString() => $"{Root}nodes/{Id}";
}

public sealed record JoinTokenKey(string Id) : RecordKey
{
    public override string ToString() => $"{Root}join-tokens/{Id}";
}
