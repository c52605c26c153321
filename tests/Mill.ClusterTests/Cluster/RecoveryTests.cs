using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>Two of three machines are lost for good: the third is made the whole cluster, or left as it is where that must not be.</summary>
public sealed class RecoveryTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int Usage = 2;
    private const int NotFound = 3;
    private const int PreconditionFailed = 6;
    private const int VaultSealed = 8;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [NetworkFact]
    public async Task The_last_of_three_nodes_goes_on_as_the_cluster_with_all_that_was_acknowledged()
    {
        await using var rig = await ClusterRig.StartAsync(3);
        try
        {
            var last = await rig.PickAsync(leads: false, new Random(1));
            var others = rig.Nodes.Where(node => node != last).ToList();
            var before = await Contents.WriteAsync(last, rig.Access);
            await RequireNodesLeftAloneAsync(rig, last);
            await last.StopAsync();
            await RequireRefusalsAsync(last);
            await RigNode.KillAsync(others);
            await RequireWaitsAsync(last);

            (await RecoverAsync(last)).Is(0);

            last.Launch();
            await last.Process.AddressAsync();
            Assert.Equal(before, await Contents.ReadAsync(last, rig.Access));
            await Contents.RequireWritableAsync(last, rig.Access, "by the last one");
            (await last.RunAsync(rig.Access, "verify")).Is(0);
            await RequireGrowsAsync(rig, last, before);
            await RequireOutAsync(others[0]);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>A node that runs: its engine would be taken from under it, and the cluster with it.</summary>
    private static async Task RequireNodesLeftAloneAsync(ClusterRig rig, RigNode node)
    {
        (await RecoverAsync(node)).Refuses(ExitCode.InUse, "in use", "Stop that process");
        (await node.RunAsync("server", "--data-dir", node.Directory)).Refuses(ExitCode.InUse, "in use");
        await Contents.RequireWritableAsync(node, rig.Access, "nothing happened");
        using var client = node.Client(rig.Access);
        Assert.Equal(3, (await client.ListNodesAsync()).Nodes.Count(item => item.State is "healthy"));
    }

    /// <summary>Where it is refused, nothing may have changed: the node must still be one of three.</summary>
    private static async Task RequireRefusalsAsync(RigNode node)
    {
        var before = FileStates.Of(node.Directory);
        (await node.RunAsync("recover", "--data-dir", node.Directory)).Refuses(Usage, "--yes", "none of them may ever be started again");
        (await RecoverAsync(node, "--master-key-file", TestKey.WriteOther($"{node.Directory}.other-key"))).Refuses(VaultSealed, "not the one the records were sealed with");
        (await RecoverAsync(node, "--master-key-file", $"{node.Directory}.no-key")).Refuses(ExitCode.InvalidMasterKey, "no master key");
        (await RecoverAsync(node)).Refuses(PreconditionFailed, "serves, so a majority is there");
        (await node.RunAsync("recover", "--yes", "--data-dir", $"{node.Directory}.nowhere")).Refuses(NotFound, "no node");
        Assert.Equal(before, FileStates.Of(node.Directory));
    }

    /// <summary>Without a majority a node waits for one, until it is told to stop.</summary>
    private static async Task RequireWaitsAsync(RigNode node)
    {
        node.Launch();
        await Until.TrueAsync("the node waits", Soon, () => Task.FromResult(node.Process.Errors.Contains("Waiting for a majority", StringComparison.Ordinal)));
        Assert.Equal(0, await node.StopAsync());
        Assert.DoesNotContain("error: ", node.Process.Errors, StringComparison.Ordinal);
    }

    /// <summary>The first that joins counts: without it, nothing is written any more.</summary>
    private static async Task RequireGrowsAsync(ClusterRig rig, RigNode last, string before)
    {
        var joined = await rig.JoinAsync();
        Assert.Equal(before, await Contents.ReadAsync(joined, rig.Access));
        await Contents.RequireWritableAsync(joined, rig.Access, "by the new one");
        using var client = last.Client(rig.Access);
        var nodes = (await client.ListNodesAsync()).Nodes;
        Assert.Equal([last.Name, joined.Name], nodes.Select(node => node.Name).Order(StringComparer.Ordinal));
        Assert.All(nodes, node => Assert.True(node is { State: "healthy", Engine.State: "leader" or "follower" }, $"{node}: {node.Engine}"));
        await joined.KillAsync();
        using var api = new NodeApi(last.Url, rig.Access.Authority, rig.Access.Token);
        Assert.Equal(503, (await api.SendAsync(HttpMethod.Put, "/v1/secrets/alone", """{"value":"never"}""")).Status);
        joined.Launch();
        await joined.Process.AddressAsync();
        await Contents.RequireWritableAsync(last, rig.Access, "by both");
    }

    /// <summary>One that comes back all the same, with its old directory.</summary>
    private static async Task RequireOutAsync(RigNode node)
    {
        node.Launch();
        Assert.Equal(PreconditionFailed, await node.Process.ExitAsync());
        Assert.Contains("was taken out of its cluster", node.Process.Errors, StringComparison.Ordinal);
        Manners.RequireNoTrace(node.Process.Errors);
    }

    private static Task<Backups.Said> RecoverAsync(RigNode node, params string[] more) => node.RunAsync(["recover", "--yes", "--data-dir", node.Directory, .. more]);
}
