using Mill.Client;
using Mill.Client.Contracts;
using Mill.ClusterTests.Backups;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>All machines are gone; a backup and the master key are what is left.</summary>
public sealed class RestoredClusterTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int VaultSealed = 8;

    /// <summary>Nothing that anybody heard of may come again.</summary>
    private const long Gap = 1_000_000_000;

    [NetworkFact]
    public async Task A_cluster_that_begins_with_a_backup_has_everything_and_grows_as_any_other()
    {
        await using var rig = await ClusterRig.StartAsync(1);
        try
        {
            var old = rig.Nodes[0];
            var before = await Contents.WriteAsync(old, rig.Access);
            var reader = await CreateReaderAsync(old, rig.Access);
            var backup = $"{old.Directory}.backup";
            var key = TestKey.CopyOf(old, $"{old.Directory}.key");
            (await old.RunAsync(rig.Access, "backup", backup)).Is(0);
            var revision = await RevisionAsync(old, rig.Access);
            await Contents.RequireWritableAsync(old, rig.Access, "after the backup");
            await old.KillAsync();

            var first = rig.AddMachine();
            await RequireRefusalsAsync(first, backup, key);
            await rig.FoundAsync(first, "--restore", backup, "--master-key-file", key);

            Assert.Equal(before, await Contents.ReadAsync(first, rig.Access));
            Assert.True(await RevisionAsync(first, rig.Access) >= revision + Gap);
            using (var api = new NodeApi(first.Url, rig.Access.Authority, rig.Access.Token)) Assert.Equal("not_found", (await api.SendAsync(HttpMethod.Get, "/v1/secrets/written")).Code);
            await RequireReaderAsync(first, rig.Access with { Token = reader });
            (await first.RunAsync(rig.Access, "verify")).Is(0);

            var second = await rig.JoinAsync();
            Assert.Equal(before, await Contents.ReadAsync(second, rig.Access));
            await Contents.RequireWritableAsync(second, rig.Access, "by the second");
            using var client = second.Client(rig.Access);
            Assert.Equal([first.Name, second.Name], (await client.ListNodesAsync()).Nodes.Select(node => node.Name).Order(StringComparer.Ordinal));
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    [NetworkFact]
    public async Task A_backup_goes_from_a_cluster_to_a_single_server_and_back()
    {
        await using var rig = await ClusterRig.StartAsync(1);
        using var alone = new Sandbox();
        try
        {
            var old = rig.Nodes[0];
            var before = await Contents.WriteAsync(old, rig.Access);
            var backup = $"{old.Directory}.backup";
            (await old.RunAsync(rig.Access, "backup", backup)).Is(0);
            Directory.CreateDirectory(Path.GetDirectoryName(alone.KeyFile)!);
            TestKey.CopyOf(old, alone.KeyFile);
            await old.KillAsync();

            (await CommandLine.RunAsync(alone, server: null, "restore", backup, "--data-dir", alone.Data)).Is(0);
            var back = $"{old.Directory}.alone.backup";
            await using (var server = await MillServer.StartAsync(alone)) await RequireAloneAsync(alone, server, rig.Access, before, back);

            var first = rig.AddMachine();
            await rig.FoundAsync(first, "--restore", back, "--master-key-file", TestKey.CopyOf(old, $"{old.Directory}.key"));
            Assert.Equal(before, await Contents.ReadAsync(first, rig.Access));
            using (var api = new NodeApi(first.Url, rig.Access.Authority, rig.Access.Token)) Assert.Equal("alone", (await api.SendAsync(HttpMethod.Get, "/v1/secrets/written")).Value);
            await Contents.RequireWritableAsync(first, rig.Access, "by many");
            (await first.RunAsync(rig.Access, "verify")).Is(0);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>The single server has all of it, takes more, and is backed up.</summary>
    private static async Task RequireAloneAsync(Sandbox sandbox, MillServer server, ClusterAccess access, string before, string backup)
    {
        using var api = new NodeApi(new Uri(server.Address), access.Authority, access.Token);
        Assert.Equal(before, await Contents.ReadAsync(api));
        Assert.Equal(201, (await api.SendAsync(HttpMethod.Put, "/v1/secrets/written", """{"value":"alone"}""")).Status);
        foreach (var command in (string[][])[["verify"], ["backup", backup]])
        {
            await using var process = MillProcess.Start(sandbox, command, new Dictionary<string, string> { ["MILL_ADDRESS"] = server.Address, ["MILL_TOKEN"] = access.Token });
            Assert.Equal(0, await process.ExitAsync());
        }
    }

    /// <summary>Each is told before there is anything that the right command would find in its way.</summary>
    private static async Task RequireRefusalsAsync(RigNode node, string backup, string key)
    {
        var bytes = await File.ReadAllBytesAsync(backup);
        bytes[bytes.Length / 2] ^= 1;
        var damaged = $"{node.Directory}.damaged";
        await File.WriteAllBytesAsync(damaged, bytes);
        (await InitAsync(node, damaged, key)).Refuses(ExitCode.Damaged, damaged);
        (await InitAsync(node, backup, TestKey.WriteOther($"{node.Directory}.other-key"))).Refuses(VaultSealed, "not the one the records were sealed with");
        (await node.RunAsync(["init", .. ClusterRig.Place(node), "--restore", backup])).Refuses(ExitCode.InvalidMasterKey, "no master key");
        Assert.Equal("", FileStates.Of(node.Directory));
    }

    private static Task<Backups.Said> InitAsync(RigNode node, string backup, string key) =>
        node.RunAsync(["init", .. ClusterRig.Place(node), "--restore", backup, "--master-key-file", key]);

    private static async Task<string> CreateReaderAsync(RigNode node, ClusterAccess access)
    {
        using var client = node.Client(access);
        return (await client.CreateTokenAsync(new CreateTokenRequest { Subject = "app", Role = "reader", Allow = ["app/*"] })).Token!;
    }

    /// <summary>A token from before may do what it could, and no more.</summary>
    private static async Task RequireReaderAsync(RigNode node, ClusterAccess access)
    {
        using var api = new NodeApi(node.Url, access.Authority, access.Token);
        Assert.Equal("app/updated 3", (await api.SendAsync(HttpMethod.Get, "/v1/secrets/app/updated")).Value);
        Assert.Equal("forbidden", (await api.SendAsync(HttpMethod.Put, "/v1/secrets/app/updated", """{"value":"never"}""")).Code);
    }

    private static async Task<long> RevisionAsync(RigNode node, ClusterAccess access)
    {
        using MillClient client = node.Client(access);
        return (await client.GetStatusAsync()).Revision;
    }
}
