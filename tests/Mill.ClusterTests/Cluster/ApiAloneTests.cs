using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>An API node holds nothing: whatever has become of the vaults behind it, it says so soon, and goes on with them.</summary>
public sealed class ApiAloneTests(Announcements announcements) : IClassFixture<Announcements>
{
    /// <summary>For every refusal, over all vaults together.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan BackToWork = TimeSpan.FromSeconds(20);

    private static readonly (HttpMethod Method, string Path, string? Body)[] Reads =
    [
        (HttpMethod.Get, "/v1/secrets/kept", null),
        (HttpMethod.Get, "/v1/secrets/kept/history", null),
        (HttpMethod.Get, "/v1/secrets", null),
        (HttpMethod.Get, "/v1/secrets:watch", null),
        (HttpMethod.Post, "/v1/env/expand", """{"content":"KEPT=secret(kept)"}"""),
    ];

    private static readonly (HttpMethod Method, string Path, string? Body)[] Writes =
    [
        (HttpMethod.Put, "/v1/secrets/kept", """{"value":"another"}"""),
        (HttpMethod.Delete, "/v1/secrets/kept", null),
        (HttpMethod.Post, "/v1/transactions", """{"operations":[{"op":"set","name":"new","value":"another"}]}"""),
    ];

    [NetworkFact]
    public async Task An_API_node_answers_503_in_time_whatever_became_of_its_vaults()
    {
        await using var rig = await ClusterRig.StartAsync(3);
        try
        {
            var vaults = rig.Nodes;
            var front = await rig.JoinAsync(null, null, "--role", "api");
            using var api = new NodeApi(front.Url, rig.Access.Authority, rig.Access.Token);
            await RequireBackAsync(api);
            var leader = await rig.LeaderAsync();
            var survivor = vaults.First(vault => vault != leader);
            var others = vaults.Where(vault => vault != survivor).ToList();

            others.ForEach(other => other.Freeze());
            await RequireRefusalsAsync(api, "two of three stand still");
            others.ForEach(other => other.Thaw());
            await RequireBackAsync(api);

            await RigNode.KillAsync(others);
            await RequireRefusalsAsync(api, "two of three are gone");
            survivor.Freeze();
            await RequireRefusalsAsync(api, "two of three are gone, and the last one stands still");
            await survivor.KillAsync();
            await RequireRefusalsAsync(api, "all are gone");

            foreach (var vault in vaults) vault.Launch();
            await RequireBackAsync(api);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    private async Task RequireRefusalsAsync(NodeApi api, string when)
    {
        var all = Task.WhenAll(Reads.Concat(Writes).Append((HttpMethod.Get, "/readyz", null)).Select(async request => (Request: request, Reply: await api.SendAsync(request.Item1, request.Item2, request.Item3))));
        var (replies, stall) = await Stall.BesideAsync(api, all);
        foreach (var (request, reply) in replies)
        {
            // A write that was sent to somebody who says nothing may happen yet.
            Assert.True(reply.Status == 503 && (reply.Code is "no_quorum" or "no_leader" or "not_ready" || (reply.Code is "outcome_unknown" && Writes.Contains(request))), $"{when}: {request.Item2}: {reply}");
            Assert.True(reply.Took < Promised + stall, $"{when}: {request.Item2}: {reply}, and a request that waits for nothing {stall.TotalSeconds:F1} s");
        }
        var slowest = replies.MaxBy(reply => reply.Reply.Took);
        announcements.Say($"{when}: the slowest refusal, of {slowest.Request.Item1} {slowest.Request.Item2}, took {slowest.Reply.Took.TotalSeconds:F1} s, a request that waits for nothing {stall.TotalSeconds:F1} s");
    }

    private static async Task RequireBackAsync(NodeApi api)
    {
        await Until.TrueAsync("writes are taken", BackToWork, async () => (await api.SendAsync(HttpMethod.Put, "/v1/secrets/kept", """{"value":"kept"}""")).Reply.IsSuccess);
        await Until.TrueAsync("reads are answered", BackToWork, async () => (await api.SendAsync(HttpMethod.Get, "/v1/secrets/kept")).Status == 200);
    }
}
