namespace Mill.Core.Model;

/// <summary>A node of the cluster. Without this record, its certificate is worth nothing.</summary>
public sealed record NodeRecord : StateRecord
{
    public required NodeId Id { get; init; }

    /// <summary>What people call it; no two nodes share one.</summary>
    public required string Name { get; init; }

    /// <summary>The IP address at which other nodes and clients reach it.</summary>
    public required string Address { get; init; }

    public required int ApiPort { get; init; }

    /// <summary>Where the replicated engine of this node listens for the others.</summary>
    public required int PeerPort { get; init; }

    public required NodeRole Role { get; init; }

    /// <summary>What the replicated engine calls this node, in hex; null where the node runs none, or is not a member yet.</summary>
    public string? MemberId { get; init; }

    public required Timestamp JoinedAt { get; init; }

    /// <summary>Of the certificate issued last, in hex.</summary>
    public required string CertificateSerial { get; init; }

    /// <summary>When the certificate issued last ends.</summary>
    public required Timestamp CertificateNotAfter { get; init; }

    /// <summary>Those issued before it that have not ended: they are as good as the last one. Null where there are none.</summary>
    public IReadOnlyList<IssuedCertificate>? EarlierCertificates { get; init; }

    /// <summary>The version of Mill it joined, or last renewed its certificate, with.</summary>
    public required string Version { get; init; }
}

/// <param name="Serial">In hex.</param>
/// <param name="NotAfter">When it ends.</param>
public sealed record IssuedCertificate(string Serial, Timestamp NotAfter);

/// <summary>The certificates of nodes that were removed, as far as they have not ended. For what cannot ask which nodes there are.</summary>
public sealed record RevocationsRecord : StateRecord
{
    /// <summary>Raised with every new list.</summary>
    public required long Number { get; init; }

    /// <summary>The list as the cluster's authority signed it (RFC 5280, 5), in DER.</summary>
    public required byte[] List { get; init; }

    public required IReadOnlyList<RevokedCertificate> Certificates { get; init; }
}

/// <param name="Serial">In hex.</param>
/// <param name="NotAfter">When it ends, and need not be listed any more.</param>
/// <param name="Node">Whose it was.</param>
public sealed record RevokedCertificate(string Serial, Timestamp NotAfter, NodeId Node, Timestamp RevokedAt);

/// <summary>The right to join once, without what would let anyone use it: only the SHA-256 of its secret part is stored.</summary>
public sealed record JoinTokenRecord : StateRecord
{
    public required string Id { get; init; }

    public required byte[] SecretHash { get; init; }

    /// <summary>What the node may become.</summary>
    public required NodeRole Role { get; init; }

    /// <summary>Whether a node that needs the master key and has none is given it.</summary>
    public required bool HandsOverKey { get; init; }

    public required Timestamp CreatedAt { get; init; }

    public required string CreatedBy { get; init; }

    public required Timestamp ExpiresAt { get; init; }

    public Timestamp? UsedAt { get; init; }

    /// <summary>The node it was used by.</summary>
    public NodeId? UsedBy { get; init; }

    /// <summary>SHA-256 of that node's public key: the same node may ask again, in case the answer was lost.</summary>
    public byte[]? UsedKeyHash { get; init; }
}

/// <summary>The cluster's own authority over certificates. Written when the cluster is founded; a renewal changes the certificate, and never the key.</summary>
public sealed record AuthorityRecord : StateRecord
{
    /// <summary>The certificate, in DER.</summary>
    public required byte[] Certificate { get; init; }

    /// <summary>The private key, sealed with the master key for this place.</summary>
    public required string SealedKey { get; init; }

    /// <summary>The master key it is sealed with.</summary>
    public required string KeyId { get; init; }

    public required Timestamp CreatedAt { get; init; }
}

/// <summary>Who leads. Written under a lease, once in a term of office, so it is gone soon after the leader is.</summary>
public sealed record LeaderRecord : StateRecord
{
    public required NodeId NodeId { get; init; }

    public required string Name { get; init; }

    public required Timestamp ElectedAt { get; init; }
}
