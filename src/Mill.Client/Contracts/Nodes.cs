namespace Mill.Client.Contracts;

/// <summary>The nodes of a cluster.</summary>
public sealed record NodeListResponse(IReadOnlyList<NodeItem> Nodes);

/// <summary>One node, as the node that was asked sees it.</summary>
public sealed record NodeItem
{
    /// <summary>Null on a server that is no cluster.</summary>
    public string? Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Where it answers clients, as a URL.</summary>
    public required string Address { get; init; }

    /// <summary><c>vault</c>, <c>api</c> or <c>both</c>.</summary>
    public required string Role { get; init; }

    /// <summary><c>healthy</c>, <c>sealed</c>, <c>starting</c> or <c>unreachable</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not healthy.</summary>
    public string? Reason { get; init; }

    public bool Leader { get; init; }

    /// <summary>Up to where it knows the state.</summary>
    public long? Revision { get; init; }

    /// <summary>How many revisions it is behind the furthest node that was asked.</summary>
    public long? Lag { get; init; }

    public string? Version { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When its certificate ends; it is renewed long before.</summary>
    public DateTimeOffset? CertificateEnds { get; init; }

    public EngineItem? Engine { get; init; }

    /// <summary>Null where it runs none.</summary>
    public ContainersItem? Containers { get; init; }
}

/// <summary>The member of the replicated engine that belongs to a node, by its own word.</summary>
public sealed record EngineItem
{
    public required string Engine { get; init; }

    public string? Version { get; init; }

    /// <summary><c>leader</c>, <c>follower</c>, <c>learner</c> or <c>unavailable</c>.</summary>
    public required string State { get; init; }

    public string? MemberId { get; init; }

    /// <summary>The last entry of its log that is in its database.</summary>
    public long? AppliedIndex { get; init; }

    public long? DatabaseBytes { get; init; }

    public long? DatabaseBytesInUse { get; init; }

    /// <summary>Size of the database from which on nothing is written; left out where Mill does not run the engine.</summary>
    public long? DatabaseQuotaBytes { get; init; }

    /// <summary>A member, this one or another, has reached that size: nothing is written.</summary>
    public bool DatabaseFull { get; init; }

    /// <summary><c>due</c> or <c>running</c>, where the database is to be written anew without its gaps.</summary>
    public string? Defragmentation { get; init; }

    public IReadOnlyList<string> Problems { get; init => field = value ?? []; } = [];
}

/// <summary>Asks for the right to join once.</summary>
public sealed record CreateJoinTokenRequest
{
    /// <summary><c>vault</c>, <c>api</c> or <c>both</c>; left out: <c>both</c>.</summary>
    public string? Role { get; init; }

    /// <summary>A number and <c>s</c>, <c>m</c>, <c>h</c> or <c>d</c>, at most <c>7d</c>; left out: <c>1h</c>.</summary>
    public string? ExpiresIn { get; init; }

    /// <summary>Whether a node that needs the master key and has none is given it; left out: yes.</summary>
    public bool? HandsOverKey { get; init; }
}

public sealed record JoinTokenResponse
{
    public required string Id { get; init; }

    /// <summary>The token itself: shown when it is made, and never again.</summary>
    public string? Token { get; init; }

    public required string Role { get; init; }

    public required bool HandsOverKey { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? UsedAt { get; init; }

    /// <summary>The id of the node that joined with it.</summary>
    public string? UsedBy { get; init; }

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"join token {Id}";
}

public sealed record JoinTokenListResponse(IReadOnlyList<JoinTokenResponse> JoinTokens);

/// <summary>Asks for another leader.</summary>
public sealed record TransferLeaderRequest
{
    /// <summary>The id or name of the node to lead next; left out: any.</summary>
    public string? Node { get; init; }
}

/// <summary>Who leads now.</summary>
public sealed record LeaderResponse(string Id, string Name);

/// <summary>A node asks to be let in. See <c>JoinRequest</c> of the core.</summary>
public sealed record JoinNodeRequest
{
    public required string Token { get; init; }

    public required string Name { get; init; }

    public required string Address { get; init; }

    public required int ApiPort { get; init; }

    public required int PeerPort { get; init; }

    public required string Role { get; init; }

    public required string Version { get; init; }

    /// <summary>PKCS#10 in PEM.</summary>
    public required string CertificateRequest { get; init; }

    public string? ClusterId { get; init; }

    public string? KeyId { get; init; }

    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"join of {Name}";
}

/// <summary>What a node that was let in, or that renewed its certificate, needs to know.</summary>
public sealed record MembershipResponse : IDisposable
{
    public required string NodeId { get; init; }

    public required string ClusterId { get; init; }

    /// <summary>The node's certificate, in PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>The certificate of the cluster's authority, in PEM.</summary>
    public required string Authority { get; init; }

    public required string NeededKeyId { get; init; }

    /// <summary>The master key, in base64, where it was handed over.</summary>
    [System.Text.Json.Serialization.JsonConverter(typeof(SecretBase64Converter))]
    public Secrets.SecretValue? MasterKey { get; init; }

    public required IReadOnlyList<MemberPlace> Members { get; init; }

    public void Dispose() => MasterKey?.Dispose();

    public override string ToString() => $"membership of node {NodeId}";
}

/// <summary>Where a node is: all that another needs to call it.</summary>
/// <param name="Address">An IP address.</param>
public sealed record MemberPlace(string Id, string Name, string Address, int ApiPort, int PeerPort, string Role);

/// <summary>Between nodes: which nodes there are.</summary>
/// <param name="Authority">The certificate of the cluster's authority, in DER; null where it is not known.</param>
public sealed record MemberPlaces(IReadOnlyList<MemberPlace> Members, byte[]? Authority = null);

/// <summary>Between nodes: asks for a new certificate.</summary>
public sealed record RenewRequest(string CertificateRequest, string Version);

/// <summary>Between nodes: room was made in the replicated engine.</summary>
/// <param name="InitialCluster">The engine's members, by name, with the URLs at which they reach each other; the new one too.</param>
/// <param name="Revocations">The list of certificates that are out, in DER.</param>
/// <param name="StorageQuota">How large the database may grow on the node that answers: the member with the least decides for all. Null where that is not up to it.</param>
public sealed record EngineAdmissionResponse(string MemberId, IReadOnlyDictionary<string, string> InitialCluster, byte[]? Revocations = null, long? StorageQuota = null);

/// <summary>Between nodes: whether a member counts now.</summary>
public sealed record EnginePromotionResponse(bool Promoted);

/// <summary>Between nodes: up to where the state goes, by the leader's word.</summary>
public sealed record ConfirmResponse(long Revision);
