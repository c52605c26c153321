using Mill.Client.Contracts;
using Mill.Core.Ports;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>What the nodes of a cluster call for.</summary>
internal static class NodeAdvice
{
    public static IEnumerable<string> For(IReadOnlyList<NodeItem> nodes)
    {
        foreach (var node in nodes)
        {
            if (node.State is "unreachable") yield return Words.NodeIsUnreachable(node.Name);
            if (node.State is "sealed" && node.Id is not null) yield return Words.NodeIsSealed(node.Name);
            if (IsLearner(node)) yield return Words.NodeIsLearning(node.Name);
            if (node.Engine is { DatabaseFull: false, DatabaseBytesInUse: { } used, DatabaseQuotaBytes: { } quota } && used > StorageAdvice.NearlyFull * quota) yield return Words.DatabaseIsNearlyFull(node.Name);
        }
        if (nodes.Any(node => node.Engine is { DatabaseFull: true })) yield return Words.DatabaseIsFull;
        if (AboutVoters(nodes) is { } advice) yield return advice;
    }

    /// <summary>Only where Mill runs the engine: one that somebody else runs has members of its own, however many nodes there are.</summary>
    private static string? AboutVoters(IReadOnlyList<NodeItem> nodes)
    {
        var vaults = nodes.Where(node => node.Id is not null && node.Role is not "api").ToList();
        var members = vaults.Where(node => node.Engine?.MemberId is not null).Select(node => node.Engine!.MemberId!).ToList();
        // While one learns, the number is about to change.
        if (vaults.Count is 0 || members.Distinct(StringComparer.Ordinal).Count() < members.Count || vaults.Any(IsLearner)) return null;
        var (voters, answering) = (vaults.Count, vaults.Count(node => node.State is not "unreachable"));
        return voters switch
        {
            1 => Words.VoterIsOne,
            2 => Words.VotersAreTwo,
            _ when answering < voters && answering == (voters / 2) + 1 => Words.AnotherLossStops(answering, voters),
            _ when voters % 2 is 0 => Words.VotersAreEven(voters),
            _ => null,
        };
    }

    private static bool IsLearner(NodeItem node) => node.Engine?.State is "learner";
}
