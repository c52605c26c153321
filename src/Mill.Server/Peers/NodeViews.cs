using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>How the nodes are doing, as this one sees them.</summary>
internal sealed class NodeViews(IVault vault, ServerIdentity identity, ClusterParts? cluster, TimeProvider time)
{
    /// <summary>Who does not answer by then is shown as unreachable.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>For a node that is asked about on behalf of another: who is taken for lost may be defragmented beside.</summary>
    private static readonly TimeSpan WitnessPatience = TimeSpan.FromSeconds(3);

    /// <summary>On whose behalf this node looks at its own vault.</summary>
    private static readonly Caller Itself = new("", "", Role.Operator, TenantId.Default);

    /// <summary>The leader's name; empty where nobody leads, as far as this node knows.</summary>
    public string LeaderName => cluster is null ? identity.Node : cluster.Leadership.Leader?.Name ?? "";

    /// <summary>This node, by its own word. Asks nobody else.</summary>
    public async Task<NodeItem> DescribeSelfAsync(CancellationToken cancellationToken)
    {
        var self = new NodeItem
        {
            Id = cluster?.Self.Value,
            Name = identity.Node,
            Address = identity.Address(),
            Role = identity.Role,
            State = "healthy",
            Leader = cluster?.Leadership.IsLeader ?? true,
            Version = identity.Version,
            StartedAt = identity.StartedAt,
            CertificateEnds = cluster is null ? null : new DateTimeOffset(cluster.Credentials.Value.Certificate.NotAfter.ToUniversalTime()),
            Engine = cluster is null ? null : Describe(await cluster.Engine.GetStatusAsync(cancellationToken).ConfigureAwait(false)),
        };
        try
        {
            var ((seal, _, _), revision) = await vault.GetStatusAsync(Itself, ReadLevel.Local, cancellationToken).ConfigureAwait(false);
            return self with { State = seal.IsSealed ? "sealed" : "healthy", Reason = seal.Reason, Revision = revision };
        }
        catch (MillException e) when (e.Error is MillError.NotReady)
        {
            return self with { State = "starting", Reason = e.Message };
        }
    }

    /// <summary>Another node, as it answers this one. Throws <see cref="MillError.NotFound"/>.</summary>
    public async Task<NodeItem> DescribeOtherAsync(string id, string requestId, CancellationToken cancellationToken)
    {
        if (cluster is not null && NodeId.TryParse(id, out var node) && (await cluster.ReadLocalAsync(cancellationToken).ConfigureAwait(false)).Nodes.TryGetValue(node, out var other))
            return await AskAsync(cluster.Calls, other, WitnessPatience, requestId, cancellationToken).ConfigureAwait(false);
        throw new MillException(MillError.NotFound, "There is no such node.");
    }

    /// <summary>All nodes, by name. The others are asked at once.</summary>
    public async Task<IReadOnlyList<NodeItem>> DescribeAllAsync(string requestId, CancellationToken cancellationToken)
    {
        var self = DescribeSelfAsync(cancellationToken);
        if (cluster is null) return [await self.ConfigureAwait(false) with { Lag = 0 }];
        var seen = await cluster.ReadLocalAsync(cancellationToken).ConfigureAwait(false);
        var asked = seen.Nodes.Values.Where(node => node.Id != cluster.Self).Select(node => AskAsync(cluster.Calls, node, Patience, requestId, cancellationToken));
        NodeItem[] all = [await self.ConfigureAwait(false), .. await Task.WhenAll(asked).ConfigureAwait(false)];
        var (furthest, leader) = (all.Max(node => node.Revision), cluster.Leadership.Leader?.NodeId.Value);
        return [.. all.Select(node => node with { Lag = furthest - node.Revision, Leader = node.Id == leader }).OrderBy(node => node.Name, StringComparer.Ordinal)];
    }

    private async Task<NodeItem> AskAsync(PeerCalls calls, NodeRecord node, TimeSpan patience, string requestId, CancellationToken cancellationToken)
    {
        var place = PeerPlace.Of(node);
        var known = new NodeItem
        {
            Id = node.Id.Value,
            Name = node.Name,
            Address = place.Address.GetLeftPart(UriPartial.Authority),
            Role = node.Role.Text(),
            State = "unreachable",
            Version = node.Version,
            CertificateEnds = node.CertificateNotAfter.ToDateTimeOffset(),
        };
        using var limit = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var answer = await calls.GetAsync<NodeItem>(place, PeerPaths.Status, requestId, either.Token).ConfigureAwait(false);
            // What it is called and where it is, the cluster knows better.
            return answer with { Id = known.Id, Name = known.Name, Address = known.Address, Role = known.Role };
        }
        catch (MillException e)
        {
            return known with { State = e.Error is MillError.NotReady ? "starting" : "unreachable", Reason = e.Message };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return known with { Reason = $"{place} does not answer." };
        }
    }

    private static EngineItem Describe(EngineStatus status) => new()
    {
        Engine = status.Engine,
        Version = status.Version,
        State = status.State switch
        {
            EngineState.Leader => "leader",
            EngineState.Follower => "follower",
            EngineState.Learner => "learner",
            _ => "unavailable",
        },
        MemberId = status.MemberId,
        AppliedIndex = status.AppliedIndex,
        DatabaseBytes = status.DatabaseBytes,
        DatabaseBytesInUse = status.DatabaseBytesInUse,
        DatabaseQuotaBytes = status.DatabaseQuotaBytes,
        DatabaseFull = status.IsFull,
        Defragmentation = status.Defragmentation switch
        {
            Defragmentation.Due => "due",
            Defragmentation.Running => "running",
            _ => null,
        },
        Problems = status.Problems,
    };
}
