using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.State.Etcd;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>A node whose state holds what a later version of Mill wrote.</summary>
public sealed class LaterVersionTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const string Remedy = "Upgrade: start the version of Mill that wrote it, or a later one.";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly string Later = new TokenKey("later").ToString();

    [NetworkFact]
    public async Task It_says_that_it_must_be_upgraded_stays_up_with_its_engine_and_has_everything_afterwards()
    {
        await using var rig = await ClusterRig.StartAsync(1);
        try
        {
            var node = rig.Nodes[0];
            using var api = new NodeApi(node.Url, rig.Access.Authority, rig.Access.Token);
            Assert.True((await api.SendAsync(HttpMethod.Put, "/v1/secrets/kept", """{"value":"yes"}""")).Reply.IsSuccess);
            await WriteAsync(node, """{"format":2}"""u8.ToArray());
            await Until.TrueAsync("it is not ready", Patience, async () => (await api.SendAsync(HttpMethod.Get, "/readyz")).Status == 503);
            await RequireOutdatedAsync(node, api);
            Assert.Equal("yes", (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept?consistency=local")).Value);
            // Started again, it is as it was.
            node.Process.Send(Signal.Terminate);
            Assert.Equal(0, await node.Process.ExitAsync());
            node.Launch();
            await Until.TrueAsync("it says why it does not serve", Patience, () => Task.FromResult(node.Process.Errors.Contains(Remedy, StringComparison.Ordinal)));
            await RequireOutdatedAsync(node, api);
            await WriteAsync(node, null);
            Assert.False(node.Process.HasExited);
            node.Process.Send(Signal.Terminate);
            Assert.Equal(0, await node.Process.ExitAsync());
            node.Launch();
            await node.Process.AddressAsync();
            Assert.Equal("yes", (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept")).Value);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    private static async Task RequireOutdatedAsync(RigNode node, NodeApi api)
    {
        foreach (var (method, path, body) in ((HttpMethod, string, string?)[])
            [(HttpMethod.Get, "/readyz", null), (HttpMethod.Get, "/v1/secrets/kept", null), (HttpMethod.Get, "/v1/secrets:watch", null), (HttpMethod.Put, "/v1/secrets/kept", """{"value":"no"}""")])
        {
            var reply = await api.SendAsync(method, path, body);
            Assert.True(reply is { Status: 503, Code: "not_ready" }, $"{path}: {reply}");
            Assert.Contains("must be upgraded", reply.Reply.Text, StringComparison.Ordinal);
            Assert.Contains(Later, reply.Reply.Text, StringComparison.Ordinal);
            Assert.Contains(Remedy, reply.Reply.Text, StringComparison.Ordinal);
        }
        Assert.Contains(Remedy, node.Process.Errors, StringComparison.Ordinal);
        Manners.RequireNoTrace(node.Process.Errors);
    }

    /// <summary>Past the node, to its engine.</summary>
    private static async Task WriteAsync(RigNode node, byte[]? record)
    {
        var options = new EtcdOptions { Endpoints = [new("http://localhost")], Socket = Path.Combine(node.Directory, "run", "etcd:0") };
        await using var store = new EtcdStateStore(options, TimeProvider.System);
        Assert.True((await store.CommitAsync(new([], [new StoreWrite(Later, record)]), default)).Succeeded);
    }
}
