using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>The secrets are as large as the database of the engine may grow.</summary>
public sealed class FullDatabaseTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int PreconditionFailed = 6;
    private const int TryAgain = 10;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [NetworkFact]
    public async Task A_node_that_is_full_says_so_answers_and_takes_writes_again_when_it_is_restarted_with_more()
    {
        await using var rig = ClusterRig.Create();
        try
        {
            var node = await rig.InitAsync(more: ["--storage-quota", "64M"]);
            var before = await Contents.WriteAsync(node, rig.Access);
            await FillAsync(node, rig.Access);
            Assert.Contains("of 64 MiB, full: nothing is written", (await node.RunAsync(rig.Access, "status")).Is(0).Output, StringComparison.Ordinal);

            // It keeps what it was told once; and nobody can lead now, because that is a write.
            await node.StopAsync();
            node.Launch();
            await node.Process.AddressAsync();
            Assert.Equal(before, await Contents.ReadAsync(node, rig.Access));
            await RequireFullAsync(node, rig.Access);

            await node.StopAsync();
            node.Launch(["server", "--data-dir", node.Directory, "--storage-quota", "128M"]);
            await node.Process.AddressAsync();
            await Until.TrueAsync("it takes writes", Soon, () => IsTakenAsync(node, rig.Access));
            await Contents.RequireWritableAsync(node, rig.Access, "with more room");
            Assert.Equal(before, await Contents.ReadAsync(node, rig.Access));
            var status = (await node.RunAsync(rig.Access, "status")).Is(0).Output;
            Assert.Contains(" of 128 MiB", status, StringComparison.Ordinal);
            Assert.DoesNotContain("nothing is written", status, StringComparison.Ordinal);

            await node.StopAsync();
            (await node.RunAsync("server", "--data-dir", node.Directory, "--storage-quota", "64M")).Refuses(PreconditionFailed, "--storage-quota 64M is too little", "is enough");
            node.Launch();
            await node.Process.AddressAsync();
            await RequireRestoredWithMoreAsync(rig, node, before);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>More than 64 MiB of secrets do not go into 64 MiB, and what is said then is to be typed as it is.</summary>
    private static async Task RequireRestoredWithMoreAsync(ClusterRig rig, RigNode old, string before)
    {
        await WriteAsync(old, rig.Access, 60);
        var backup = $"{old.Directory}.backup";
        (await old.RunAsync(rig.Access, "backup", backup)).Is(0);
        var key = TestKey.CopyOf(old, $"{old.Directory}.key");
        await old.KillAsync();

        var node = rig.AddMachine();
        var said = await node.RunAsync(["init", .. ClusterRig.Place(node), "--restore", backup, "--master-key-file", key, "--storage-quota", "64M"]);
        said.Refuses(TryAgain, "The database has no room for all that the backup holds.");
        var command = said.Errors.Split('\n').Single(line => line.Contains("mill init --", StringComparison.Ordinal)).Split("mill ")[1].Split(' ');
        Assert.Contains("--storage-quota", command);
        await rig.FoundByAsync(node, command);
        Assert.Equal(before, await Contents.ReadAsync(node, rig.Access));
        await Contents.RequireWritableAsync(node, rig.Access, "restored");
    }

    private static async Task WriteAsync(RigNode node, ClusterAccess access, int count)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        for (var i = 0; i < count; i++) Assert.Equal(201, (await api.SendAsync(HttpMethod.Put, $"/v1/secrets/another/{i}", $$"""{"value":"{{new string('y', 250_000)}}"}""")).Status);
    }

    private static async Task FillAsync(RigNode node, ClusterAccess access)
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async writer =>
        {
            using var api = new NodeApi(node.Url, access.Authority, access.Token);
            for (var i = 0; ; i++)
            {
                var reply = await api.SendAsync(HttpMethod.Put, $"/v1/secrets/fill/{writer}/{i}", $$"""{"value":"{{new string('x', 250_000)}}"}""");
                if (reply.Reply.IsSuccess) continue;
                Assert.Equal("storage_full", reply.Code);
                return;
            }
        }));
        await RequireFullAsync(node, access);
    }

    private static async Task RequireFullAsync(RigNode node, ClusterAccess access)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        var reply = await api.SendAsync(HttpMethod.Put, "/v1/secrets/more", """{"value":"than there is room for"}""");
        Assert.Equal((503, "storage_full"), (reply.Status, reply.Code));
        Assert.Contains("mill server --storage-quota SIZE", reply.Reply.Text, StringComparison.Ordinal);
    }

    private static async Task<bool> IsTakenAsync(RigNode node, ClusterAccess access)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        return (await api.SendAsync(HttpMethod.Put, "/v1/secrets/more", """{"value":"now there is room"}""")).Reply.IsSuccess;
    }
}
