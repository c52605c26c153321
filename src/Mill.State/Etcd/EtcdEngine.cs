using System.Globalization;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Etcd;

/// <summary>The members of an etcd cluster that Mill runs: one on each node that holds the state, under the node's name.</summary>
/// <param name="own">The client address of the member on this node.</param>
/// <param name="upkeep">Who keeps room in that; null where somebody else does.</param>
public sealed class EtcdEngine(EtcdMembers members, Uri own, EtcdUpkeep? upkeep = null) : IEngineMembers
{
    public async Task<EngineAdmission> AdmitAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        var admitted = await members.AddLearnerAsync(PeerUrl(node), cancellationToken).ConfigureAwait(false);
        var all = await members.ListAsync(cancellationToken).ConfigureAwait(false);
        return new(Hex(admitted.Id), all.ToDictionary(member => NameOf(member, admitted, node), member => Text(member.PeerUrls[0]), StringComparer.Ordinal));
    }

    public async Task<bool> PromoteAsync(NodeRecord node, CancellationToken cancellationToken) =>
        await FindAsync(node, cancellationToken).ConfigureAwait(false) is { } member && await members.PromoteAsync(member.Id, cancellationToken).ConfigureAwait(false);

    public async Task RemoveAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        if (await FindAsync(node, cancellationToken).ConfigureAwait(false) is { } member) await members.RemoveAsync(member.Id, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask<EngineStatus> GetStatusAsync(CancellationToken cancellationToken)
    {
        var defragmentation = upkeep?.Defragmentation ?? Defragmentation.None;
        // It would not answer.
        if (defragmentation is Defragmentation.Running) return new("etcd", EngineState.Unavailable) { DatabaseQuotaBytes = upkeep?.QuotaBytes, Defragmentation = defragmentation, Problems = ["The database is being defragmented."] };
        try
        {
            var status = await members.ReadStatusAsync(own, cancellationToken).ConfigureAwait(false);
            var state = status switch
            {
                { IsLearner: true } => EngineState.Learner,
                { Leader: null } => EngineState.Unavailable,
                { IsLeader: true } => EngineState.Leader,
                _ => EngineState.Follower,
            };
            return new("etcd", state)
            {
                Version = status.Version,
                MemberId = Hex(status.Id),
                AppliedIndex = (long)status.AppliedIndex,
                DatabaseBytes = status.DatabaseBytes,
                DatabaseBytesInUse = status.DatabaseBytesInUse,
                DatabaseQuotaBytes = upkeep?.QuotaBytes,
                IsFull = status.Problems.Any(IsFull),
                Defragmentation = defragmentation,
                Problems = status.Problems,
            };
        }
        catch (MillException failure)
        {
            return new("etcd", EngineState.Unavailable) { DatabaseQuotaBytes = upkeep?.QuotaBytes, Problems = [failure.Message] };
        }
    }

    public static Uri PeerUrl(NodeRecord node) => new UriBuilder(Uri.UriSchemeHttps, node.Address, node.PeerPort).Uri;

    public static string Hex(ulong id) => id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>The alarm of any member, as etcd lists them with every status (its AlarmMember as text).</summary>
    private static bool IsFull(string problem) => problem.Contains("alarm:NOSPACE", StringComparison.Ordinal);

    /// <summary>One that has not started yet has no name; any will do for it, since etcd compares addresses.</summary>
    private static string NameOf(EtcdMember member, EtcdMember admitted, NodeRecord node) =>
        member.Id == admitted.Id ? node.Name : member.Name.Length > 0 ? member.Name : Hex(member.Id);

    private async Task<EtcdMember?> FindAsync(NodeRecord node, CancellationToken cancellationToken)
    {
        var url = PeerUrl(node);
        return (await members.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(member => member.PeerUrls.Contains(url));
    }

    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);
}
