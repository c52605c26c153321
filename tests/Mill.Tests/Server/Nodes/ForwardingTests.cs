using Microsoft.AspNetCore.Http;
using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>A write goes to the leader, whichever node it was sent to.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task A_write_to_any_node_is_executed_by_the_leader()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        foreach (var node in new[] { cluster[2], cluster[3] })
        {
            Assert.True((await node.Operator.SetAsync($"app/{node.Record.Name}", "hunter2")).Is(201).Header("Mill-Revision") is not null);
            Assert.Equal("hunter2", (await node.Operator.GetAsync($"/v1/secrets/app/{node.Record.Name}")).Is(200).Json.GetProperty("value").GetString());
            Assert.Equal(0, node.State.Commits);
            (await node.Operator.SendAsync("POST", "/v1/transactions", new { operations = new[] { new { op = "set", name = "t", value = "1" } } })).Is(200);
            (await node.Operator.DeleteAsync("t")).Is(204);
            (await node.Operator.SetAsync("app/x", "2", ("If-Match", "\"9\""))).IsProblem(412, "precondition_failed");
        }
        Assert.Equal(6, cluster[1].State.Commits - 2); // the refused ones were decided, too
        Assert.Contains("was passed on to node", cluster[2].Logs.All, StringComparison.Ordinal);
        Assert.Contains($"was passed on by node {cluster[2].Id}, and answered 201", cluster[1].Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", string.Concat(cluster[1].Logs.All, cluster[2].Logs.All), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_goes_out_as_it_came_in_and_its_answer_comes_back_as_it_is()
    {
        var leader = new Recorder(async (http, _) =>
        {
            http.Response.StatusCode = 207;
            http.Response.Headers["Mill-Other"] = "yes";
            http.Response.Headers.ETag = "\"4\"";
            http.Response.Headers["Keep-Alive"] = "timeout=1";
            http.Response.ContentType = "text/odd";
            await http.Response.WriteAsync("the answer");
        });
        await using var cluster = await TestNodes.StartAsync(1);
        cluster.Lead(await cluster.AddAsync(leader.ServeAsync));

        var answer = await cluster[1].Operator.SendAsync(
            "PUT", "/v1/secrets/a%2Fb/c?force=true&x=%20", """{"value":"ä"}""",
            ("If-Match", "\"3\""), ("X-Own", "ünï"), ("Connection", "X-Hop"), ("X-Hop", "1"), ("Mill-Request-Id", "r-1"), ("Mill-Forwarded", "0000000000000001"), ("Mill-Node", "0000000000000001"));

        Assert.Equal((207, "the answer", "yes", "\"4\"", "text/odd"), (answer.Status, answer.Text, answer.Header("Mill-Other"), answer.Header("ETag"), answer.Header("Content-Type")));
        Assert.Null(answer.Header("Keep-Alive"));
        Assert.Equal("r-1", answer.Header("Mill-Request-Id"));
        var seen = Assert.Single(leader.Seen);
        Assert.Equal(("PUT", "/v1/secrets/a%2Fb/c?force=true&x=%20", """{"value":"ä"}"""), (seen.Method, seen.Target, seen.Body));
        Assert.Equal((cluster[1].Id.Value, "r-1", "\"3\""), (seen.Header("Mill-Forwarded"), seen.Header("Mill-Request-Id"), seen.Header("If-Match")));
        Assert.Equal($"Bearer {cluster.OperatorToken}", seen.Header("Authorization"));
        Assert.StartsWith("application/json", seen.Header("Content-Type"), StringComparison.Ordinal);
        Assert.Equal("ünï", seen.Header("X-Own"));
        Assert.Null(seen.Header("X-Hop"));
        Assert.Null(seen.Header("Mill-Node"));
    }

    [Fact]
    public async Task Reads_and_the_check_of_the_store_are_answered_where_they_are_asked()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var leader = new Recorder((_, _) => Task.CompletedTask);
        cluster.Lead(await cluster.AddAsync(leader.ServeAsync));
        (await cluster[1].Operator.GetAsync("/v1/secrets")).Is(200);
        (await cluster[1].Operator.SendAsync("POST", "/v1/verify")).Is(200);
        (await cluster[1].As(null).SetAsync("a", "1")).IsProblem(401, "unauthenticated");
        (await cluster[1].Operator.SendAsync("POST", "/v1/nothing")).IsProblem(404, "not_found");
        (await cluster[1].Operator.SetAsync("a", new string('x', 1 << 20), ("Expect", "100-continue"))).IsProblem(413, "too_large");
        Assert.Empty(leader.Seen);
    }

    [Fact]
    public async Task A_write_waits_for_a_leader()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster.Lead(null);
        var writing = cluster[1].Operator.SetAsync("a", "1");
        await TestNodes.UntilAsync(() => cluster[1].Office.Waiting == 1);
        cluster.Lead(cluster[2]);
        (await writing).Is(201);
        Assert.Equal(1, cluster[2].State.Commits);
    }

    [Fact]
    public async Task Where_nobody_leads_that_is_said_within_five_seconds()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster.Lead(null);
        var (start, revision) = (cluster.Time.GetUtcNow(), cluster.Now().Revision);
        (await cluster.WhileTimePassesAsync(cluster[1].Operator.SetAsync("a", "1", ("Idempotency-Key", "k")))).IsProblem(503, "no_leader");
        Assert.InRange(cluster.Time.GetUtcNow() - start, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(4));
        Assert.Equal(revision, cluster.Now().Revision);
    }

    [Theory]
    [InlineData("800", 0.8, 1.5)]
    [InlineData("0", 0.5, 1.2)]
    [InlineData("60000", 3, 4)]
    [InlineData("nonsense", 3, 4)]
    public async Task Whoever_passes_it_on_says_how_much_of_the_time_is_left(string left, double least, double most)
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster.Lead(null);
        var start = cluster.Time.GetUtcNow();
        (await cluster.WhileTimePassesAsync(cluster[1].Operator.SetAsync("a", "1", ("Mill-Leader-Patience", left)))).IsProblem(503, "no_leader");
        Assert.InRange(cluster.Time.GetUtcNow() - start, TimeSpan.FromSeconds(least), TimeSpan.FromSeconds(most));
    }

    [Fact]
    public async Task Where_nobody_leads_because_the_database_is_full_it_is_that_that_is_said()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster.Lead(null);
        cluster[1].Engine.IsFull = true;
        var answer = await cluster.WhileTimePassesAsync(cluster[1].Operator.SetAsync("a", "1", ("Idempotency-Key", "k")));
        answer.IsProblem(503, "storage_full");
    }

    [Fact]
    public async Task A_request_that_was_passed_on_is_never_passed_on_again()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster[1].Office.Elect(cluster[2].Record);
        cluster[2].Office.Elect(cluster[1].Record);
        (await cluster.WhileTimePassesAsync(cluster[1].Operator.SetAsync("a", "1"))).IsProblem(503, "no_leader");
        Assert.Contains("was passed on by node", cluster[2].Logs.All, StringComparison.Ordinal);
        Assert.DoesNotContain("was passed on by node", cluster[1].Logs.All, StringComparison.Ordinal);
        Assert.Equal((0, 0), (cluster[1].State.Commits, cluster[2].State.Commits));
    }

    [Fact]
    public async Task A_node_that_is_just_being_elected_takes_it()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster[1].Office.Elect(cluster[2].Record);
        cluster[2].Office.Elect(null);
        var writing = cluster[1].Operator.SetAsync("a", "1");
        await TestNodes.UntilAsync(() => cluster[2].Office.Waiting == 1);
        cluster[2].Office.Elect(cluster[2].Record);
        (await writing).Is(201);
    }

    [Fact]
    public async Task A_leader_that_loses_the_office_in_the_middle_sends_it_on()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        cluster[1].State.Committing = () => cluster.Lead(cluster[2]);
        (await cluster[1].Operator.SetAsync("a", "1")).Is(201);
        (await cluster[1].Operator.DeleteAsync("a")).Is(204);
        Assert.Equal((0, 2), (cluster[1].State.Commits, cluster[2].State.Commits));
    }

    [Fact]
    public async Task A_leader_that_cannot_be_reached_is_followed_by_the_next()
    {
        await using var cluster = await TestNodes.StartAsync(3);
        cluster.Lead(cluster[2]);
        await cluster[2].App.StopAsync();
        var writing = cluster[1].Operator.SetAsync("a", "1");
        await TestNodes.UntilAsync(() => cluster[1].Logs.All.Contains("was not answered by node", StringComparison.Ordinal));
        cluster.Lead(cluster[3]);
        (await cluster.WhileTimePassesAsync(writing)).Is(201);
        Assert.Equal(1, cluster[3].State.Commits);
    }

    [Fact]
    public async Task Where_the_answer_is_lost_the_outcome_is_unknown()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var leader = new Recorder((http, _) => Break(http));
        cluster.Lead(await cluster.AddAsync(leader.ServeAsync));
        foreach (var (method, path, body) in new[] { ("PUT", "/v1/secrets/a", """{"value":"1"}"""), ("DELETE", "/v1/secrets/a", null) })
        {
            var answer = await cluster[1].Operator.SendAsync(method, path, body);
            Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
        }
        Assert.Equal(2, leader.Seen.Count);
    }

    [Fact]
    public async Task With_an_idempotency_key_it_is_asked_again()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var leader = new Recorder((http, count) => count < 3 ? Break(http) : http.Response.WriteAsync("done"));
        cluster.Lead(await cluster.AddAsync(leader.ServeAsync));
        var answer = await cluster.WhileTimePassesAsync(cluster[1].Operator.SetAsync("a", "1", ("Idempotency-Key", "k")));
        Assert.Equal((200, "done"), (answer.Status, answer.Text));
        Assert.Equal(3, leader.Seen.Count);
        Assert.All(leader.Seen, seen => Assert.Equal(("k", """{"value":"1"}"""), (seen.Header("Idempotency-Key"), seen.Body)));
    }

    [Fact]
    public async Task After_a_lost_answer_nobody_says_that_nothing_was_written()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var leader = new Recorder((http, _) => Break(http));
        cluster.Lead(await cluster.AddAsync(leader.ServeAsync));
        var answer = await cluster.WhileTimePassesAsync(cluster[1].Operator.SetAsync("a", "1", ("Idempotency-Key", "k")));
        Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
        Assert.True(leader.Seen.Count > 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_leader_that_froze_is_not_waited_for_once_it_has_a_successor(bool hasKey)
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var frozen = new Recorder((http, _) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));
        cluster.Lead(await cluster.AddAsync(frozen.ServeAsync));
        var start = cluster.Time.GetUtcNow();
        var writing = cluster[1].Operator.SetAsync("a", "1", hasKey ? [("Idempotency-Key", "k")] : []);
        await TestNodes.UntilAsync(() => frozen.Seen.Count == 1);
        cluster.Lead(cluster[2]);
        var answer = await cluster.WhileTimePassesAsync(writing);
        Assert.Equal(hasKey ? 201 : 503, answer.Status);
        if (!hasKey) Assert.Equal("outcome_unknown", answer.Code);
        Assert.InRange(cluster.Time.GetUtcNow() - start, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_leader_that_froze_and_has_no_successor_is_given_up_within_five_seconds()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var frozen = new Recorder((http, _) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));
        cluster.Lead(await cluster.AddAsync(frozen.ServeAsync));
        var writing = cluster[1].Operator.SetAsync("a", "1");
        await cluster.PassAsync(frozen, 3);
        var answer = await writing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task What_a_client_says_of_being_passed_on_is_nobodys_word()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        (await cluster[2].Operator.SetAsync("a", "1", ("Mill-Forwarded", cluster[1].Id.Value), ("Mill-Node", cluster[1].Id.Value))).Is(201);
        Assert.Equal(1, cluster[1].State.Commits);
    }

    private static Task Break(HttpContext http)
    {
        http.Abort();
        return Task.CompletedTask;
    }
}
