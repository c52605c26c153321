using Mill.ClusterTests.Cluster.Rig;
using Mill.Secrets;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>The office is handed over as an operator asks for it, again and again.</summary>
internal sealed class LeaderTransfers() : Fault("leader transfers")
{
    private const int Most = 4;

    public override async Task BeginAsync(ClusterRig rig, Random random)
    {
        for (var left = random.Next(1, Most); left > 0; left--) await TryAsync(rig, random.Next(2) == 0 ? null : rig.Nodes[random.Next(rig.Nodes.Length)]);
    }

    public override Task EndAsync(ClusterRig rig, Random random) => Task.CompletedTask;

    /// <param name="node">Null for any.</param>
    public static async Task TryAsync(ClusterRig rig, RigNode? node)
    {
        using var client = rig.Nodes.First(other => other.Answers).Client(rig.Access);
        try
        {
            await client.TransferLeaderAsync(node?.Name);
        }
        catch (MillException e) when (e.IsTransient || e.Error is MillError.PreconditionFailed)
        {
            // It may lead already, or somebody else may have been quicker.
        }
    }
}

/// <summary>A fourth node joins while everybody is at work, and then one of the four is taken out: it may be the leader, or the new one.</summary>
internal sealed class OtherMembers() : Fault("membership change")
{
    public override Task BeginAsync(ClusterRig rig, Random random) => rig.JoinAsync();

    public override Task EndAsync(ClusterRig rig, Random random)
    {
        // The one with the small disk is needed for other faults.
        var candidates = rig.Nodes.Where(node => node.Disk is null).ToList();
        return rig.RemoveAsync(candidates[random.Next(candidates.Count)]);
    }
}
