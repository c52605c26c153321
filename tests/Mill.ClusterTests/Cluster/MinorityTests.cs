using System.Globalization;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Recording;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>One node of three is left: it says that it cannot know, soon, and never gives out what it has as the latest there is.</summary>
public sealed class MinorityTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const string Last = "the last one";

    /// <summary>Promised for every answer of a minority.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BackToWork = TimeSpan.FromSeconds(20);

    private static (HttpMethod Method, string Path, string? Body)[] Reads =>
    [
        // Of a moment at which it had what it has, as far as it knows.
        (HttpMethod.Get, $"/v1/secrets/kept?at={TimeProvider.System.GetUtcNow().UtcDateTime:O}", null),
        (HttpMethod.Get, "/v1/secrets:watch", null), // to begin with it, one must know where things stand
        (HttpMethod.Post, "/v1/env/expand", """{"content":"KEPT=secret(kept)"}"""),
        (HttpMethod.Get, "/v1/secrets/kept", null),
        (HttpMethod.Get, "/v1/secrets/kept?version=1", null),
        (HttpMethod.Get, "/v1/secrets/kept?consistency=quorum", null),
        (HttpMethod.Get, "/v1/secrets/kept/history", null),
        (HttpMethod.Get, "/v1/secrets", null),
    ];

    private static readonly (HttpMethod Method, string Path, string? Body)[] Writes =
    [
        (HttpMethod.Put, "/v1/secrets/kept", """{"value":"never"}"""),
        (HttpMethod.Put, "/v1/secrets/new", """{"value":"never"}"""),
        (HttpMethod.Delete, "/v1/secrets/kept", null),
        (HttpMethod.Post, "/v1/transactions", """{"operations":[{"op":"set","name":"kept","value":"never"}]}"""),
        (HttpMethod.Post, "/v1/join-tokens", "{}"),
    ];

    [NetworkFact]
    public async Task A_node_that_is_left_alone_answers_503_in_time_and_never_something_stale_as_fresh()
    {
        await using var rig = await ClusterRig.StartAsync(3);
        try
        {
            await AloneAsync(rig, await rig.PickAsync(leads: false, new Random(1)), cut: false);
            await AloneAsync(rig, await rig.PickAsync(leads: true, new Random(1)), cut: true);
            await RequireMetricsAsync(rig);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <param name="cut">Whether the others live on, out of reach, and go on without it; else they are lost.</param>
    private async Task AloneAsync(ClusterRig rig, RigNode survivor, bool cut)
    {
        var led = await rig.FindLeaderAsync() == survivor ? "leader" : "follower";
        using var api = new NodeApi(survivor.Url, rig.Access.Authority, rig.Access.Token);
        var set = await api.SendAsync(HttpMethod.Put, "/v1/secrets/kept", $$"""{"value":"{{Last}}"}""");
        Assert.True(set.Reply.IsSuccess, $"{set}");
        await using var watch = await RecordedWatch.StartAsync(survivor, rig.Access, prefix: "");
        var others = rig.Nodes.Where(node => node != survivor).ToList();
        if (cut) others.ForEach(other => SetBoth(rig, survivor, other, Link.Cut));
        else await RigNode.KillAsync(others);
        var start = TimeProvider.System.GetTimestamp();
        if (cut) await MoveOnAsync(rig, others);
        var noticed = await NoticeAsync(api, cut);
        var told = Task.WhenAll(RequireToldAsync(rig, survivor, "status"), RequireToldAsync(rig, survivor, "nodes"));
        var slowest = await RequireRefusalsAsync(api);
        await RequireLocalAsync(api);
        await told;
        RequireSilence(watch);
        announcements.Say($"{led} alone{(cut ? ", cut off" : "")}: fresh reads ended after {noticed.TotalSeconds:F1} s; the slowest refusal took {slowest.TotalSeconds:F1} s; alone for {TimeProvider.System.GetElapsedTime(start).TotalSeconds:F0} s");
        if (cut) others.ForEach(other => SetBoth(rig, survivor, other, Link.Good));
        else others[0].Launch();
        await RequireBackAsync(api, cut ? "what the others wrote" : Last);
        await RequireToldOnAsync(watch, cut ? "kept" : "back");
        if (cut) return;
        others[1].Launch();
        await others[0].Process.AddressAsync();
        await others[1].Process.AddressAsync();
    }

    /// <summary>The other side makes what the lonely one has the past.</summary>
    private static async Task MoveOnAsync(ClusterRig rig, List<RigNode> others)
    {
        using var api = new NodeApi(others[0].Url, rig.Access.Authority, rig.Access.Token);
        await Until.TrueAsync("the others go on", BackToWork, async () => (await api.SendAsync(HttpMethod.Put, "/v1/secrets/kept", """{"value":"what the others wrote"}""")).Reply.IsSuccess);
    }

    /// <summary>A leader may answer until its lease is over, since nobody else can have written; where somebody has, it must not have answered any more.</summary>
    private static async Task<TimeSpan> NoticeAsync(NodeApi api, bool isStale)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (reply, stall) = await Stall.BesideAsync(api, api.SendAsync(HttpMethod.Get, "/v1/secrets/kept"));
            Assert.True(reply.Took < Promised + stall, $"{reply}, and a request that waits for nothing {stall.TotalSeconds:F1} s");
            if (reply.Status == 503) return TimeProvider.System.GetElapsedTime(start);
            Assert.True(!isStale && reply is { Status: 200, Value: Last }, $"{reply}");
            Assert.True(TimeProvider.System.GetElapsedTime(start) < BackToWork, $"It still answers as if it knew: {reply}");
        }
    }

    private static async Task<TimeSpan> RequireRefusalsAsync(NodeApi api)
    {
        var all = Task.WhenAll(Reads.Concat(Writes).Select(async request => (request.Path, Reply: await api.SendAsync(request.Method, request.Path, request.Body))));
        var (replies, stall) = await Stall.BesideAsync(api, all);
        foreach (var (path, reply) in replies)
        {
            Assert.True(reply.Status == 503 && reply.Code is "no_quorum" or "no_leader" or "not_ready", $"{path}: {reply}");
            Assert.True(reply.Took < Promised + stall, $"{path}: {reply}, and a request that waits for nothing {stall.TotalSeconds:F1} s");
        }
        return replies.Max(reply => reply.Reply.Took);
    }

    private static async Task RequireLocalAsync(NodeApi api)
    {
        foreach (var path in (string[])["/v1/secrets/kept?consistency=local", "/v1/secrets?consistency=local", "/v1/secrets/kept/history?consistency=local"])
        {
            var reply = await api.SendAsync(HttpMethod.Get, path);
            Assert.True(reply is { Status: 200, Consistency: "local" }, $"{path}: {reply}");
        }
        Assert.Equal(Last, (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept?consistency=local")).Value);
    }

    /// <summary>Whoever watched before is told nothing, because nothing is known to have happened.</summary>
    private static void RequireSilence(RecordedWatch watch)
    {
        Assert.False(watch.HasEnded);
        var part = Assert.Single(watch.Parts());
        Assert.Empty(part.Events);
    }

    /// <summary>Once it is not alone any more, the watch that was there all the time goes on, and nothing is missing.</summary>
    private static async Task RequireToldOnAsync(RecordedWatch watch, string name)
    {
        await Until.TrueAsync($"a watch is told of {name}", BackToWork, () => Task.FromResult(watch.HasSeen(name)));
        Assert.False(watch.HasEnded);
    }

    /// <summary>Its operator is told what it knows, that this may be old, and that nobody leads as far as it knows.</summary>
    private static async Task RequireToldAsync(ClusterRig rig, RigNode survivor, string command)
    {
        var said = (await survivor.RunAsync(rig.Access, command, "--json")).Is(0);
        Assert.Contains("no majority can be reached", said.Errors, StringComparison.Ordinal);
        var members = JsonNode.Parse(said.Output)![command is "nodes" ? "nodes" : "members"]!.AsArray();
        Assert.Equal(rig.Nodes.Select(node => node.Name).Order(StringComparer.Ordinal), members.Select(member => member!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
        foreach (var member in members) Assert.Equal(member!["name"]!.GetValue<string>() == survivor.Name, member["state"]!.GetValue<string>() is not "unreachable");
    }

    /// <summary>What has happened here can be seen where it is watched, by those who may.</summary>
    private static async Task RequireMetricsAsync(ClusterRig rig)
    {
        var leader = await rig.LeaderAsync();
        foreach (var node in rig.Nodes)
        {
            using var stranger = new NodeApi(node.Url, rig.Access.Authority, token: null);
            Assert.Equal(401, (await stranger.SendAsync(HttpMethod.Get, "/v1/metrics")).Status);
            using var api = new NodeApi(node.Url, rig.Access.Authority, rig.Access.Token);
            await Contents.RequireWritableAsync(node, rig.Access, $"by {node}");
            var page = await api.SendAsync(HttpMethod.Get, "/v1/metrics");
            Assert.True(page.Status == 200, $"{page}");
            string[] counted = node == leader
                ? ["mill_commit_batch_size_count", "mill_commit_duration_seconds_count", "mill_commit_commands_total", "mill_leader_terms_total", "mill_leader_is_leader"]
                : ["mill_barrier_duration_seconds_count", "mill_forward_duration_seconds_count"];
            foreach (var name in counted.Append("mill_leader_changes_total").Append("mill_secrets")) Assert.True(Sum(page.Reply.Text, name) >= 1, $"{node} has no {name}:\n{page.Reply.Text}");
        }
    }

    private static double Sum(string page, string name) => page.Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line[name.Length] is (' ' or '{'))
        .Sum(line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));

    private static async Task RequireBackAsync(NodeApi api, string value)
    {
        await Until.TrueAsync("reads are answered again", BackToWork, async () => (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept")).Status == 200);
        Assert.Equal(value, (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept")).Value);
        await Until.TrueAsync("writes are taken again", BackToWork, async () => (await api.SendAsync(HttpMethod.Put, "/v1/secrets/back", """{"value":"yes"}""")).Reply.IsSuccess);
        Assert.Equal("not_found", (await api.SendAsync(HttpMethod.Get, "/v1/secrets/new")).Code);
    }

    private static void SetBoth(ClusterRig rig, RigNode one, RigNode other, Link link)
    {
        rig.Set(one, other, link);
        rig.Set(other, one, link);
    }
}
