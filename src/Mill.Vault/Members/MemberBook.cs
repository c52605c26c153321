using Microsoft.Extensions.Logging;
using Mill.Core.Access;
using Mill.Core.Fleet;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Vault.Members;

/// <summary>The nodes of the cluster.</summary>
internal sealed partial class MemberBook(IReplicatedState state, KeyRing.KeyRing ring, TimeProvider time, ILogger<MemberBook> logger) : IMembers
{
    private const int MaxMemberIdLength = 16;

    public async Task<Committed<Membership>> FoundAsync(NodePlace place, string certificateRequest, CancellationToken cancellationToken)
    {
        var (normal, request) = (NodeRules.Normal(place), NodeRequest.Parse(certificateRequest));
        if (!normal.Role.HoldsKey()) throw new MillException(MillError.InvalidRequest, "The first node holds the state: its role is vault or both.");
        var founded = await state.CommitAsync(new FoundCommand(ring, normal, request), cancellationToken).ConfigureAwait(false);
        LogFounded(founded.Answer.ClusterId, founded.Answer.Node.Id);
        return founded;
    }

    public async Task<Committed<Membership>> RefoundAsync(NodeId? node, NodePlace place, string certificateRequest, CancellationToken cancellationToken)
    {
        var (normal, request) = (NodeRules.Normal(place), NodeRequest.Parse(certificateRequest));
        if (!normal.Role.HoldsKey()) throw new MillException(MillError.InvalidRequest, "The first node holds the state: its role is vault or both.");
        var founded = await state.CommitAsync(new RefoundCommand(ring, node, normal, request), cancellationToken).ConfigureAwait(false);
        LogRefounded(founded.Answer.ClusterId, founded.Answer.Node.Id);
        return founded;
    }

    public async Task<Committed<CreatedJoinToken>> CreateJoinTokenAsync(Caller caller, CreateJoinToken request, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerNodes);
        if (!Enum.IsDefined(request.Role)) throw new MillException(MillError.InvalidRequest, "The role is vault, api or both.");
        if (request.ExpiresIn is { } length && (length <= TimeSpan.Zero || length > JoinToken.MaxLifetime))
            throw new MillException(MillError.InvalidRequest, "A join token lasts for more than nothing and at most 7 days.");
        var unsealed = ring.Demand(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
        return await state.CommitAsync(new CreateJoinTokenCommand(ring, unsealed, caller, request, context), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Committed<Done>> RevokeJoinTokenAsync(Caller caller, string id, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerNodes);
        var unsealed = ring.Demand(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
        return await state.CommitAsync(new RevokeJoinTokenCommand(ring, unsealed, caller, id, context), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Committed<Membership>> JoinAsync(JoinRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var joined = await LetInAsync(request, cancellationToken).ConfigureAwait(false);
            LogJoined(joined.Answer.Node.Id, joined.Answer.Node.Name, joined.Answer.Node.Role, joined.Answer.MasterKey is not null);
            return joined;
        }
        catch (MillException e)
        {
            // Somebody may be trying tokens, and an operator wants to know why a node does not come in.
            LogRefused(e.Message);
            throw;
        }
    }

    public async Task<Committed<Membership>> RenewAsync(NodeId node, string certificateRequest, string version, CancellationToken cancellationToken)
    {
        var request = NodeRequest.Parse(certificateRequest);
        return await state.CommitAsync(new RenewCommand(ring, node, request, version), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Committed<Done>> SetMemberIdAsync(NodeId node, string? memberId, CancellationToken cancellationToken)
    {
        if (memberId is not (null or { Length: > 0 and <= MaxMemberIdLength }) || memberId?.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f') is false)
            throw new MillException(MillError.InvalidRequest, "A member id has 1 to 16 hex digits in lower case.");
        return await state.CommitAsync(new MemberIdCommand(ring, node, memberId), cancellationToken).ConfigureAwait(false);
    }

    public async Task<Committed<NodeRecord>> RemoveAsync(Caller caller, NodeId node, WriteContext context, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerNodes);
        var unsealed = ring.Demand(await state.ReadAsync(StateRead.Local, cancellationToken).ConfigureAwait(false));
        var removed = await state.CommitAsync(new RemoveNodeCommand(ring, unsealed, caller, node, context), cancellationToken).ConfigureAwait(false);
        LogRemoved(node, caller.Subject);
        return removed;
    }

    public async ValueTask<Observed<MemberList>> ListAsync(Caller caller, CancellationToken cancellationToken)
    {
        AccessRules.Demand(caller, Verb.AdministerNodes);
        var seen = await state.ReadAsync(new StateRead(IsConfirmed: caller.IsConfirmed), cancellationToken).ConfigureAwait(false);
        return new(new([.. seen.Nodes.Values], [.. seen.JoinTokens.Values.OrderBy(token => token.CreatedAt)]), seen.Revision);
    }

    /// <summary>Throws <see cref="MillError.NotFound"/> where there is no such node.</summary>
    public static NodeRecord Demand(ClusterState state, NodeId id) =>
        state.Nodes.GetValueOrDefault(id) ?? throw new MillException(MillError.NotFound, $"There is no node {id}.");

    /// <summary>Throws <see cref="MillError.PreconditionFailed"/> where the cluster was not founded.</summary>
    public static AuthorityRecord DemandAuthority(ClusterState state) =>
        state.Authority ?? throw new MillException(MillError.PreconditionFailed, "This cluster was not founded: it takes no nodes.") { Hint = "Found one with: mill init" };

    /// <summary>What a node that is taken out has for containers goes with it.</summary>
    public static IEnumerable<StateChange> Containers(ClusterState state, NodeRecord node) => state.Fleet.Nodes.ContainsKey(node.Id) ? [new(new NodeStateKey(node.Id), null)] : [];

    private async Task<Committed<Membership>> LetInAsync(JoinRequest request, CancellationToken cancellationToken)
    {
        var seen = await state.ReadAsync(cancellationToken).ConfigureAwait(false);
        var unsealed = ring.Demand(seen);
        var (place, certificateRequest) = (NodeRules.Normal(request.Place), NodeRequest.Parse(request.CertificateRequest));
        // Judged here so that nobody makes us read the key without a good token, and again in the commit, which is what counts.
        var (token, _) = JoinRules.Judge(seen, request, place, certificateRequest.KeyHash, Now(seen));
        // Read before the commit: a node must not be let in and then be left without its key.
        var key = token.HandsOverKey && place.Role.HoldsKey() && request.KeyId is null ? ring.Reveal(unsealed) : null;
        try
        {
            var joined = await state.CommitAsync(new JoinCommand(ring, request, place, certificateRequest), cancellationToken).ConfigureAwait(false);
            return joined with { Answer = joined.Answer with { MasterKey = key } };
        }
        catch
        {
            key?.Dispose();
            throw;
        }
    }

    /// <summary>A clock that was set back must not bring an expired token back: a commit was later already.</summary>
    private Timestamp Now(ClusterState seen)
    {
        var now = Timestamp.From(time.GetUtcNow());
        return now > seen.CommitTime ? now : seen.CommitTime;
    }

    [LoggerMessage(2020, LogLevel.Information, "Cluster {ClusterId} was founded by node {Node}")]
    private partial void LogFounded(string clusterId, NodeId node);

    [LoggerMessage(2024, LogLevel.Warning, "Cluster {ClusterId} begins anew with node {Node} alone: the others that held the state are out")]
    private partial void LogRefounded(string clusterId, NodeId node);

    [LoggerMessage(2021, LogLevel.Information, "Node {Node} ({Name}) joined as {Role}; the master key was handed over: {HandedOver}")]
    private partial void LogJoined(NodeId node, string name, NodeRole role, bool handedOver);

    [LoggerMessage(2022, LogLevel.Warning, "A join was refused: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(2023, LogLevel.Information, "Node {Node} was removed by {Subject}")]
    private partial void LogRemoved(NodeId node, string subject);
}
