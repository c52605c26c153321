using System.Globalization;
using Mill.Client.Contracts;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.State.Etcd;
using Mill.State.Replica;

namespace Mill.Hosting.Cluster;

/// <summary>The nodes beside this one, as the upkeep of its engine asks them and gives them its office.</summary>
/// <param name="state">Null as long as this node is being put together.</param>
internal sealed class EngineNeighbours(NodePeers peers, Func<SharedState?> state)
{
    private volatile IReadOnlyList<string> _able = []; // the ids of those that could take the office, when they were last asked

    public EtcdNeighbours Describe() => new(AskAsync, () => state()?.IsLeader is true, LeaveOfficeAsync);

    private async Task<IReadOnlyList<MemberSpace?>> AskAsync(CancellationToken cancellationToken)
    {
        var others = peers.Others.ToList();
        var nodes = await Task.WhenAll(others.Select(member => AskAsync(member, PeerPaths.Status, cancellationToken))).ConfigureAwait(false);
        _able = [.. nodes.Where(node => node is { State: "healthy", Id: not null } && SpaceOf(node) is not null).Select(node => node!.Id!)];
        MemberPlace[] witnesses = [.. others.Where((_, i) => nodes[i] is not null)];
        return await Task.WhenAll(nodes.Select(async (node, i) => node is null ? await HearOfAsync(others[i], witnesses, cancellationToken).ConfigureAwait(false) : SpaceOf(node))).ConfigureAwait(false);
    }

    /// <summary>What a node that does not answer says to one that does.</summary>
    private async Task<MemberSpace?> HearOfAsync(MemberPlace silent, IEnumerable<MemberPlace> witnesses, CancellationToken cancellationToken)
    {
        var told = await Task.WhenAll(witnesses.Select(witness => AskAsync(witness, PeerPaths.StatusOf(silent.Id), cancellationToken))).ConfigureAwait(false);
        // An older version of Mill does not know the question, and tells of itself.
        return told.Select(node => node?.Id == silent.Id ? SpaceOf(node) : null).FirstOrDefault(space => space is not null) is { } heard ? heard with { IsHearsay = true } : null;
    }

    private async Task<NodeItem?> AskAsync(MemberPlace member, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await peers.AskOneAsync(member, (calls, place, stop) => calls.GetAsync<NodeItem>(place, path, requestId: null, stop), cancellationToken).ConfigureAwait(false);
        }
        catch (MillException)
        {
            return null;
        }
    }

    private async Task LeaveOfficeAsync(CancellationToken cancellationToken)
    {
        if (state() is not { IsLeader: true } held) return;
        var heir = held.Latest.Nodes.Values.FirstOrDefault(node => _able.Contains(node.Id.Value)) ?? throw new MillException(MillError.NoLeader, "No other node could lead meanwhile.");
        await held.HandOverAsync(heir, cancellationToken).ConfigureAwait(false);
    }

    private static MemberSpace? SpaceOf(NodeItem? node) => node?.Engine switch
    {
        // It says nothing else then.
        { Defragmentation: "running" } => new(0, 0, 0, Leads: false, Defragmentation.Running),
        { State: "leader" or "follower", MemberId: { } id, DatabaseBytes: { } bytes } engine when ulong.TryParse(id, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var member) => new(
            member, bytes, engine.DatabaseQuotaBytes ?? EtcdUpkeepOptions.DefaultQuotaBytes,
            Leads: node.Leader || engine.State is "leader", engine.Defragmentation is "due" ? Defragmentation.Due : Defragmentation.None),
        _ => null,
    };
}
