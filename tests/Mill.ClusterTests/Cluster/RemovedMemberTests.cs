using System.Diagnostics;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>Who has a removed node's key, and its address, still does not get in where the engine's members meet.</summary>
public sealed class RemovedMemberTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int PeerPort = 2380;

    /// <summary>How curl ends where the other end hangs up on its certificate: in or after the handshake, while it sends or waits. Not where nobody listens or answers.</summary>
    private static readonly int[] Refusals = [35, 52, 55, 56];

    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(10);

    [NetworkFact]
    public async Task A_removed_nodes_certificate_is_refused_where_members_meet_and_the_others_go_on()
    {
        await using var rig = await ClusterRig.StartAsync(3);
        try
        {
            var removed = rig.Nodes[2];
            var others = rig.Nodes.Take(2).ToList();
            var engines = others.ConvertAll(EngineOf);
            foreach (var other in others) Assert.Equal(0, await KnockAsync(removed, other));
            await rig.RemoveAsync(removed);
            foreach (var other in others)
                await Until.TrueAsync($"{other.Name} refuses it", Promised, () => IsRefusedAsync(removed, other));
            Assert.Equal(0, await KnockAsync(others[0], others[1]));
            await RequireWorkAsync(rig, others);
            // One that comes afterwards does not let it in either, from its first moment on; and neither does one that was started again.
            var late = await rig.JoinAsync();
            Assert.True(await IsRefusedAsync(removed, late));
            Assert.Equal(engines, others.ConvertAll(EngineOf));
            await others[1].KillAsync();
            others[1].Launch();
            await others[1].Process.AddressAsync();
            Assert.True(await IsRefusedAsync(removed, others[1]));
            await RequireWorkAsync(rig, [.. others, late]);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    private static async Task RequireWorkAsync(ClusterRig rig, IReadOnlyList<RigNode> nodes)
    {
        await rig.LeaderAsync();
        foreach (var node in nodes)
        {
            using var api = new NodeApi(node.Url, rig.Access.Authority, rig.Access.Token);
            await Until.TrueAsync($"{node.Name} takes writes", Promised, async () => (await api.SendAsync(HttpMethod.Put, "/v1/secrets/kept", $$"""{"value":"{{node.Name}}"}""")).Reply.IsSuccess);
            Assert.Equal(node.Name, (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept")).Value);
        }
    }

    /// <summary>The process of a node's engine: what is refused must be refused without a new one.</summary>
    private static string EngineOf(RigNode node) => File.ReadAllText(Path.Combine(node.Directory, "etcd.pid"));

    private static async Task<bool> IsRefusedAsync(RigNode from, RigNode to)
    {
        var outcome = await KnockAsync(from, to);
        return Refusals.Contains(outcome);
    }

    /// <summary>What becomes of a call to another node's engine, with this node's certificate and from its machine: curl's exit code.</summary>
    private static async Task<int> KnockAsync(RigNode from, RigNode to)
    {
        var files = new[] { "--cacert", "ca.crt", "--cert", "node.crt", "--key", "node.key" }.Select(part => part.StartsWith('-') ? part : Path.Combine(from.Directory, part));
        string[] command = [.. from.Machine.Runner, "curl", "--silent", "--output", "/dev/null", "--http1.1", "--noproxy", "*", "--max-time", "5", .. files, $"https://{to.Machine.Address}:{PeerPort}/version"];
        using var process = Process.Start(command[0], command[1..]);
        await process.WaitForExitAsync();
        return process.ExitCode;
    }
}
