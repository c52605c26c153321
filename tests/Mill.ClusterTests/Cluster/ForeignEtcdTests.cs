using System.Text;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Etcd;
using Mill.ClusterTests.Processes;
using Mill.Core.Ports;
using Mill.State.Etcd;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>Nodes whose state is in an etcd that somebody else runs.</summary>
public sealed class ForeignEtcdTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int PreconditionFailed = 6;
    private const string Neighbour = "/registry/of/somebody/else";

    private static readonly TimeSpan Takeover = TimeSpan.FromSeconds(20);

    [NetworkFact]
    public async Task Nodes_found_join_restart_and_take_over_on_an_etcd_that_is_there_already()
    {
        await using var rig = ClusterRig.Create();
        using var authority = new TestAuthority(rig.Us);
        await using var etcd = await EtcdServer.StartAsync(authority, EtcdServer.UsualLimits, rig.Us);
        await using var store = new EtcdStateStore(etcd.Options with { Tls = authority.Client }, TimeProvider.System);
        try
        {
            await store.CommitAsync(new([], [Write(Neighbour)]), default);
            string[] there = OptionsOf(etcd, authority);
            var first = await rig.InitAsync(more: there);
            var before = await Contents.WriteAsync(first, rig.Access);
            await RequireOthersRefusedAsync(rig, first, store, there);

            await first.KillAsync();
            (await first.RunAsync("recover", "--yes", "--data-dir", first.Directory)).Refuses(PreconditionFailed, "an etcd that Mill does not run");
            first.Launch();
            await first.Process.AddressAsync();
            Assert.Equal(before, await Contents.ReadAsync(first, rig.Access));

            await RequireWrongEtcdRefusedAsync(rig, authority);
            var second = await rig.JoinAsync(more: there);
            await Contents.RequireWritableAsync(second, rig.Access, "by the second");
            await RequireTakeoverAsync(rig, before);
            Assert.Equal("theirs", Encoding.UTF8.GetString((await store.FindAsync(Neighbour, default))!.Value.Value.Span));
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    [NetworkFact]
    public async Task An_etcd_that_holds_what_is_not_a_clusters_state_is_refused_and_left_as_it_is()
    {
        await using var rig = ClusterRig.Create();
        using var authority = new TestAuthority(rig.Us);
        await using var etcd = await EtcdServer.StartAsync(authority, EtcdServer.UsualLimits, rig.Us);
        await using var store = new EtcdStateStore(etcd.Options with { Tls = authority.Client }, TimeProvider.System);
        var revision = (await store.CommitAsync(new([], [Write("/mill/v1/of-another-kind")]), default)).Revision;
        var node = rig.AddMachine();
        (await node.RunAsync(["init", .. ClusterRig.Place(node), .. OptionsOf(etcd, authority)])).Refuses(PreconditionFailed, "/mill/v1/of-another-kind");
        Assert.Equal(revision, await store.GetRevisionAsync(default));
    }

    /// <summary>Neither a second founding nor a restore touches a cluster that uses this etcd; not when they are tried again, either.</summary>
    private static async Task RequireOthersRefusedAsync(ClusterRig rig, RigNode first, EtcdStateStore store, string[] there)
    {
        var (backup, key) = ($"{first.Directory}.backup", TestKey.CopyOf(first, $"{first.Directory}.key"));
        (await first.RunAsync(rig.Access, "backup", backup)).Is(0);
        var before = await StateAsync(store);
        var stranger = rig.AddMachine();
        for (var attempt = 0; attempt < 2; attempt++)
        {
            (await stranger.RunAsync(["init", .. ClusterRig.Place(stranger), .. there])).Refuses(PreconditionFailed, "belongs to a cluster already");
            (await stranger.RunAsync(["init", .. ClusterRig.Place(stranger), .. there, "--restore", backup, "--master-key-file", key])).Refuses(PreconditionFailed, "belongs to a cluster already");
        }
        Assert.Equal(before, await StateAsync(store));
    }

    /// <summary>Whoever joins with the address of another etcd must not become a cluster of its own there; nor is there an etcd to join.</summary>
    private static async Task RequireWrongEtcdRefusedAsync(ClusterRig rig, TestAuthority authority)
    {
        await using var other = await EtcdServer.StartAsync(authority, EtcdServer.UsualLimits, rig.Us);
        var node = rig.AddMachine();
        node.Environment["MILL_JOIN_TOKEN"] = await rig.CreateJoinTokenAsync();
        (await node.RunAsync(["join", rig.Nodes[0].Url.Authority, .. ClusterRig.Place(node), .. OptionsOf(other, authority)])).Refuses(PreconditionFailed, "no cluster's", $"mill remove {node.Name}");
        (await node.RunAsync("server", "--data-dir", node.Directory)).Refuses(PreconditionFailed, "no cluster's");
        await using var store = new EtcdStateStore(other.Options with { Tls = authority.Client }, TimeProvider.System);
        Assert.Equal("", await StateAsync(store));
        var another = rig.AddMachine();
        another.Environment["MILL_JOIN_TOKEN"] = await rig.CreateJoinTokenAsync();
        (await another.RunAsync(["join", rig.Nodes[0].Url.Authority, .. ClusterRig.Place(another)])).Refuses(PreconditionFailed, $"mill remove {another.Name}", "--etcd-endpoints");
        foreach (var left in (RigNode[])[node, another]) (await rig.Nodes[0].RunAsync(rig.Access, "remove", left.Name, "--yes")).Is(0);
    }

    private static async Task RequireTakeoverAsync(ClusterRig rig, string before)
    {
        var leader = await rig.LeaderAsync();
        var other = rig.Nodes.Single(node => node != leader);
        await leader.KillAsync();
        using var api = new NodeApi(other.Url, rig.Access.Authority, rig.Access.Token);
        await Until.TrueAsync("the other node takes over", Takeover, async () => (await api.SendAsync(HttpMethod.Put, "/v1/secrets/taken-over", """{"value":"yes"}""")).Reply.IsSuccess);
        Assert.Equal(before, await Contents.ReadAsync(other, rig.Access));
        leader.Launch();
        await leader.Process.AddressAsync();
        await Contents.RequireWritableAsync(leader, rig.Access, "by the one that came back");
    }

    private static string[] OptionsOf(EtcdServer etcd, TestAuthority authority) =>
        ["--etcd-endpoints", $"{etcd.Endpoint}", "--etcd-ca", authority.AuthorityFile, "--etcd-cert", authority.CertificateFile, "--etcd-key", authority.KeyFile];

    /// <summary>All of Mill that is in it, but for who leads: that is written again and again.</summary>
    private static async Task<string> StateAsync(EtcdStateStore store)
    {
        var seen = new List<string>();
        await store.VisitAsync("/mill/", (key, _, revision) => seen.Add($"{key} {revision}"), default);
        return string.Join('\n', seen.Where(entry => !entry.StartsWith("/mill/v1/leader ", StringComparison.Ordinal)));
    }

    private static StoreWrite Write(string key) => new(key, "theirs"u8.ToArray());
}
