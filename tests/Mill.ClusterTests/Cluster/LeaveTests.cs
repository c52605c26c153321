using System.Globalization;
using Mill.ClusterTests.Backups;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>The two services apart: an API goes on without a vault that is lost, and vaults leave one after the other, the one that leads first.</summary>
public sealed class LeaveTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int PreconditionFailed = 6;

    private static readonly TimeSpan BackToWork = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private int _written;

    [NetworkFact]
    public async Task An_API_goes_on_without_a_vault_and_vaults_leave_while_everybody_is_at_work()
    {
        await using var rig = ClusterRig.Create();
        try
        {
            await rig.InitAsync(null, "--role", "vault", "--log-level", "debug");
            for (var i = 0; i < 2; i++) await rig.JoinAsync(null, null, "--role", "vault", "--log-level", "debug");
            var api = await rig.JoinAsync(null, null, "--role", "api");
            var before = await Contents.WriteAsync(api, rig.Access);
            var leader = await rig.LeaderAsync();
            var follower = rig.Nodes.First(node => node != leader && node != api);
            await NameVaultsAsync(api, follower, rig.Nodes.First(node => node != follower));
            await RequireFollowedAsync(rig, api, follower, leader);
            await LoseAsync(rig, api, rig.Nodes[0], before);
            await LeaveAsync(rig, await rig.LeaderAsync(), api, before);
            leader = await rig.LeaderAsync();
            await LeaveAsync(rig, rig.Nodes.Single(node => node != api && node != leader), api, before);
            await RequireLastStaysAsync(rig, api);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>Started anew, the API is told which vaults there are, and asks no others.</summary>
    private static async Task NameVaultsAsync(RigNode api, params RigNode[] vaults)
    {
        Assert.Equal(0, await api.StopAsync());
        (await api.RunAsync("server", "--role", "vault", "--data-dir", api.Directory)).Refuses(PreconditionFailed, "has the role api");
        api.Launch(["server", "--role", "api", "--log-level", "debug", "--vault", string.Join(',', vaults.Select(vault => vault.Url.GetLeftPart(UriPartial.Authority))), "--data-dir", api.Directory]);
        await api.Process.AddressAsync();
    }

    /// <summary>A person who knows the id of a write finds in the logs which way it took.</summary>
    private static async Task RequireFollowedAsync(ClusterRig rig, RigNode api, RigNode follower, RigNode leader)
    {
        foreach (var asked in (RigNode[])[api, leader])
        {
            using var client = new NodeApi(asked.Url, rig.Access.Authority, rig.Access.Token);
            var reply = await client.SendAsync(HttpMethod.Put, "/v1/secrets/followed", """{"value":"once"}""", ("Mill-Request-Id", $"sent-to-{asked}"));
            Assert.True(reply.Reply.IsSuccess, $"{reply}");
        }
        await RequireLineAsync(api, $"sent-to-{api}", $"was passed on to the vault node at {follower.Url.Authority}");
        await RequireLineAsync(follower, $"sent-to-{api}", "was passed on to node ");
        await RequireLineAsync(leader, $"sent-to-{api}", "was passed on by node ");
        await RequireLineAsync(leader, $"sent-to-{leader}", "was executed by this node, which leads");
    }

    private static Task RequireLineAsync(RigNode node, string request, string what) => Until.TrueAsync(
        $"{node} says that {request} {what}", BackToWork, () => Task.FromResult(node.Errors.Split('\n').Any(line => line.Contains($"Request {request} {what}", StringComparison.Ordinal))));

    /// <summary>One of the vaults that the API was told of is lost: it asks the other one, for what was there and for what is new.</summary>
    private static async Task LoseAsync(ClusterRig rig, RigNode api, RigNode vault, string before)
    {
        await Contents.RequireWritableAsync(api, rig.Access, "with all vaults");
        await vault.KillAsync();
        using var client = new NodeApi(api.Url, rig.Access.Authority, rig.Access.Token);
        await Until.TrueAsync("the API takes writes without a vault", BackToWork, async () => (await client.SendAsync(HttpMethod.Put, "/v1/secrets/written", """{"value":"with one vault less"}""")).Reply.IsSuccess);
        Assert.Equal(before, await Contents.ReadAsync(api, rig.Access));
        vault.Launch();
        await vault.Process.AddressAsync();
        // From here on the API finds out by itself which vaults there are.
        Assert.Equal(0, await api.StopAsync());
        api.Launch();
        await api.Process.AddressAsync();
    }

    private async Task LeaveAsync(ClusterRig rig, RigNode leaving, RigNode api, string before)
    {
        var left = rig.Nodes.Where(node => node != leaving).ToList();
        using var stop = new CancellationTokenSource();
        var writing = WriteAsync(rig, api, stop.Token);
        try
        {
            var said = await SayLeaveAsync(rig, leaving);
            Assert.Contains($"node {leaving.Name} has left", said.Is(0).Errors, StringComparison.Ordinal);
            Assert.Equal(0, await leaving.Process.ExitAsync());
            Assert.Contains("This node was taken out of its cluster.", leaving.Process.Errors, StringComparison.Ordinal);
            rig.Forget(leaving);
            var written = Volatile.Read(ref _written);
            await Until.TrueAsync($"writes go on without {leaving}", BackToWork, () => Task.FromResult(writing.IsCompleted || Volatile.Read(ref _written) > written + 5));
        }
        finally
        {
            await stop.CancelAsync();
            await writing;
        }
        await RequireAllAsync(rig, left, before);
        leaving.Launch();
        Assert.Equal(PreconditionFailed, await leaving.Process.ExitAsync());
        Assert.Contains($"error: The node in {leaving.Directory} was taken out of its cluster.", leaving.Process.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: Join again with an empty data directory.", leaving.Process.Errors, StringComparison.Ordinal);
        Assert.Empty(leaving.Process.Output);
    }

    /// <summary>As an operator does on the machine that goes: everything but the token is found in the data directory.</summary>
    private static async Task<Said> SayLeaveAsync(ClusterRig rig, RigNode leaving)
    {
        await using var process = leaving.Start(["leave", "--yes", "--data-dir", leaving.Directory], new Dictionary<string, string> { ["MILL_TOKEN"] = rig.Access.Token });
        var exitCode = await process.ExitAsync();
        Manners.RequireNoTrace(process.Errors);
        return new(exitCode, process.Output, process.Errors);
    }

    /// <summary>One secret after the other through the API, each tried until it is acknowledged.</summary>
    private async Task WriteAsync(ClusterRig rig, RigNode api, CancellationToken stop)
    {
        using var client = new NodeApi(api.Url, rig.Access.Authority, rig.Access.Token);
        while (!stop.IsCancellationRequested)
        {
            var reply = await client.SendAsync(HttpMethod.Put, $"/v1/secrets/live/{_written}", $$"""{"value":"{{_written}}"}""");
            if (reply.Reply.IsSuccess) Interlocked.Increment(ref _written);
            else Assert.True(reply.Status == 503, $"{reply}");
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }
    }

    private async Task RequireAllAsync(ClusterRig rig, IReadOnlyList<RigNode> left, string before)
    {
        foreach (var node in left)
        {
            using var client = node.Client(rig.Access);
            Assert.Equal(left.Select(other => other.Name).Order(StringComparer.Ordinal), (await client.ListNodesAsync()).Nodes.Select(item => item.Name).Order(StringComparer.Ordinal));
            Assert.Equal(before, await Contents.ReadAsync(node, rig.Access));
            var names = new HashSet<string>(StringComparer.Ordinal);
            await foreach (var item in client.ListAllAsync("live/")) names.Add(item.Name);
            Assert.Superset(Enumerable.Range(0, _written).Select(number => string.Create(CultureInfo.InvariantCulture, $"live/{number}")).ToHashSet(), names);
        }
    }

    private static async Task RequireLastStaysAsync(ClusterRig rig, RigNode api)
    {
        var last = rig.Nodes.Single(node => node != api);
        (await SayLeaveAsync(rig, last)).Refuses(PreconditionFailed, "is the last one that holds the state", "Let another vault node join first.");
        await Contents.RequireWritableAsync(api, rig.Access, "after all");
    }
}
