using Mill.Core.Access;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>Which nodes the cluster has: how it is founded, how nodes come in, stay and go. A refusal says why, and changes nothing.</summary>
/// <remarks>
/// Throws <see cref="MillException"/>: <see cref="MillError.InvalidRequest"/> for what cannot be meant, <see cref="MillError.Unauthenticated"/> for a join token
/// that does not (or not any more) let anyone in, <see cref="MillError.Forbidden"/>, <see cref="MillError.NotFound"/>, <see cref="MillError.AlreadyExists"/>,
/// <see cref="MillError.PreconditionFailed"/> where the cluster is not what the caller takes it for, <see cref="MillError.VaultSealed"/>,
/// <see cref="MillError.RecordRejected"/>, and those of <see cref="IReplicatedState"/>.
/// </remarks>
public interface IMembers
{
    /// <summary>
    /// Makes the store's cluster one that nodes can join: gives it an authority over certificates, and its first node. Throws
    /// <see cref="MillError.AlreadyExists"/> the second time. Nobody's right is asked for: it is for the one who starts the first node.
    /// </summary>
    Task<Committed<Membership>> FoundAsync(NodePlace place, string certificateRequest, CancellationToken cancellationToken);

    /// <summary>
    /// Makes one node the only one that holds the state, where the others are lost for good, or where the state is that of a backup. Nobody's right is asked for: it
    /// is for the one who starts that node alone.
    /// </summary>
    /// <param name="node">The node, where the state knows it; null for one that takes the place of all.</param>
    Task<Committed<Membership>> RefoundAsync(NodeId? node, NodePlace place, string certificateRequest, CancellationToken cancellationToken);

    /// <summary>Makes the right for one node to join.</summary>
    Task<Committed<CreatedJoinToken>> CreateJoinTokenAsync(Caller caller, CreateJoinToken request, WriteContext context, CancellationToken cancellationToken);

    /// <summary>Takes a join token back, used or not. A node that joined with it stays.</summary>
    Task<Committed<Done>> RevokeJoinTokenAsync(Caller caller, string id, WriteContext context, CancellationToken cancellationToken);

    /// <summary>
    /// Lets a node in: the token is used up and the node is there in one commit. The same node (the same key) may ask again with the same token as long as that
    /// lasts, in case the answer was lost: it is then the same node, with a new certificate.
    /// </summary>
    Task<Committed<Membership>> JoinAsync(JoinRequest request, CancellationToken cancellationToken);

    /// <summary>A new certificate for a node. The server has made sure that this node asks.</summary>
    /// <param name="version">The version of Mill it runs now.</param>
    Task<Committed<Membership>> RenewAsync(NodeId node, string certificateRequest, string version, CancellationToken cancellationToken);

    /// <summary>Notes what the replicated engine calls a node, in hex; null where the node is no member of it. The server has made sure who asks.</summary>
    Task<Committed<Done>> SetMemberIdAsync(NodeId node, string? memberId, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a node out: from this commit on its certificate is worth nothing. Throws <see cref="MillError.PreconditionFailed"/> for the last one that holds the
    /// state. The engine's own member is for the caller to remove.
    /// </summary>
    Task<Committed<NodeRecord>> RemoveAsync(Caller caller, NodeId node, WriteContext context, CancellationToken cancellationToken);

    ValueTask<Observed<MemberList>> ListAsync(Caller caller, CancellationToken cancellationToken);
}

/// <param name="HandsOverKey">Whether a node that needs the master key and has none is given it.</param>
/// <param name="ExpiresIn">Null: <see cref="JoinToken.DefaultLifetime"/>. <see cref="JoinToken.MaxLifetime"/> at most.</param>
public sealed record CreateJoinToken(NodeRole Role, TimeSpan? ExpiresIn = null, bool HandsOverKey = true);

/// <summary>A join token and the only copy of its text.</summary>
public sealed record CreatedJoinToken(JoinTokenRecord Record, string Token)
{
    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"join token {Record.Id}";
}

/// <summary>A node that asks to be let in.</summary>
/// <param name="Token">The text of a <see cref="JoinToken"/>.</param>
/// <param name="CertificateRequest">A PKCS#10 request in PEM (RFC 2986). Only its key is taken, which must be on the curve P-256; names are given, not asked for.</param>
/// <param name="ClusterId">The cluster it takes this one for, or null if it does not know.</param>
/// <param name="KeyId">The id of the master key it has, or null if it has none.</param>
public sealed record JoinRequest(string Token, NodePlace Place, string CertificateRequest, string? ClusterId = null, string? KeyId = null)
{
    // A record prints its members; the token must never be one of them.
    public override string ToString() => $"join of {Place}";
}

/// <summary>What a node needs to know to be one. Disposing it clears the master key, where it holds that.</summary>
/// <param name="Certificate">The node's, in PEM.</param>
/// <param name="Authority">The certificate of the cluster's authority, in PEM.</param>
/// <param name="NeededKeyId">The id of the master key that the cluster's records are sealed with.</param>
/// <param name="Members">All nodes, this one included.</param>
public sealed record Membership(NodeRecord Node, string ClusterId, string Certificate, string Authority, string NeededKeyId, IReadOnlyList<NodeRecord> Members)
    : IDisposable
{
    /// <summary>
    /// The 32 bytes of the master key, for a node that needs it and has none, if its token allows that; or else null. To be written into the answer that goes
    /// to the node, and nowhere else.
    /// </summary>
    public SecretValue? MasterKey { get; init; }

    public void Dispose() => MasterKey?.Dispose();

    public override string ToString() => $"node {Node.Id} of cluster {ClusterId}";
}

/// <summary>All nodes, by id, and the join tokens that are kept, the oldest first.</summary>
public sealed record MemberList(IReadOnlyList<NodeRecord> Nodes, IReadOnlyList<JoinTokenRecord> JoinTokens);
