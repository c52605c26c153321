using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Server.Front;
using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>A front holds nothing, and answers as a vault would.</summary>
public sealed class FrontTests
{
    [Fact]
    public async Task It_passes_everything_on()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var (front, _) = await cluster.AddFrontAsync(cluster[2]);
        (await front.Operator.SetAsync("app%2Fx", "1")).Is(201);
        Assert.Equal("1", (await front.Operator.GetAsync("/v1/secrets/app/x?version=1")).Is(200).Json.GetProperty("value").GetString());
        Assert.Equal("A=1", (await front.Operator.SendAsync("POST", "/v1/env/expand", new { content = "A=secret(app/x)" })).Is(200).Json.GetProperty("content").GetString());
        (await front.Operator.SetAsync("app/x", "2", ("If-Match", "\"7\""))).IsProblem(412, "precondition_failed");
        (await front.Operator.DeleteAsync("app/x")).Is(204);
        (await front.Operator.GetAsync("/v1/secrets/app/x")).IsProblem(404, "not_found");
        (await front.As(null).GetAsync("/v1/secrets")).IsProblem(401, "unauthenticated");
        (await front.Operator.SetAsync("a", new string('x', 1 << 20), ("Expect", "100-continue"))).IsProblem(413, "too_large");
        (await front.As(null).GetAsync("/nothing")).IsProblem(404, "not_found");
        (await front.As(null).GetAsync("/peer/members")).IsProblem(404, "not_found");
        (await front.As(null).GetAsync("/peer/status")).IsProblem(403, "forbidden");
        (await front.As(null).GetAsync("/openapi/v1.json")).Is(200);
        Assert.Equal("""{"status":"ok"}""", (await front.As(null).GetAsync("/healthz")).Is(200).Text);
        Assert.Equal("""{"status":"ready"}""", (await front.As(null).GetAsync("/readyz")).Is(200).Text);
        Assert.EndsWith("}\n", (await front.Operator.GetAsync("/v1/backup")).Is(200).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_has_a_key_so_that_another_vault_can_be_asked()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var breaking = FakeVaults.Breaking();
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(breaking.ServeAsync), cluster[1]);
        (await front.Operator.SetAsync("a", "1", ("Mill-Forwarded", cluster[1].Id.Value))).Is(201);
        var seen = Assert.Single(breaking.Seen);
        Assert.Equal(("""{"value":"1"}""", 32), (seen.Body, seen.Header("Idempotency-Key")!.Length));
        Assert.Null(seen.Header("Mill-Forwarded"));
        // From now on the one that answered is asked first.
        (await front.Operator.SetAsync("b", "1", ("Idempotency-Key", "own"))).Is(201);
        Assert.Equal("true", (await front.Operator.SetAsync("b", "1", ("Idempotency-Key", "own"))).Is(201).Header("Mill-Replayed"));
        Assert.Single(breaking.Seen);
    }

    [Fact]
    public async Task A_question_with_a_body_is_asked_of_another_vault_and_is_never_taken_for_a_write()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var breaking = FakeVaults.Breaking();
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(breaking.ServeAsync), cluster[1]);
        (await front.Operator.SendAsync("POST", "/v1/env/expand", """{"content":"A=1"}""")).Is(200);
        var seen = Assert.Single(breaking.Seen);
        Assert.Equal("""{"content":"A=1"}""", seen.Body);
        Assert.Null(seen.Header("Idempotency-Key"));
    }

    [Theory]
    [InlineData("no_leader")]
    [InlineData("not_ready")]
    [InlineData("no_quorum")]
    [InlineData("vault_sealed")]
    public async Task A_vault_that_cannot_is_passed_over(string code)
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var refusing = new Recorder((http, _) => FakeVaults.RefuseAsync(http, code));
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(refusing.ServeAsync), cluster[1]);
        (await front.Operator.GetAsync("/v1/secrets")).Is(200);
        Assert.Single(refusing.Seen);
    }

    [Fact]
    public async Task Where_no_vault_can_the_last_word_of_one_is_the_answer()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var refusing = new Recorder((http, _) => FakeVaults.RefuseAsync(http, "no_quorum"));
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(refusing.ServeAsync), cluster[1]);
        await cluster[1].App.StopAsync();
        Assert.Equal("in words", (await front.Operator.SetAsync("a", "1")).IsProblem(503, "no_quorum").Json.GetProperty("detail").GetString());
        (await front.As(null).GetAsync("/readyz")).IsProblem(503, "not_ready");
        await cluster[2].App.StopAsync();
        (await front.Operator.GetAsync("/v1/secrets")).IsProblem(503, "not_ready");
    }

    [Fact]
    public async Task A_lost_write_that_nobody_else_takes_may_have_happened()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var breaking = FakeVaults.Breaking();
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(breaking.ServeAsync));
        var answer = await front.Operator.SetAsync("a", "1");
        Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_asked_for_again_elsewhere_and_no_client_sees_half_of_it()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var breaking = new Recorder(static async (http, _) =>
        {
            http.Response.ContentLength = 100;
            await http.Response.WriteAsync("half of it");
            await http.Response.Body.FlushAsync();
            http.Abort();
        });
        var broken = await cluster.AddAsync(breaking.ServeAsync);
        var (front, _) = await cluster.AddFrontAsync(broken, cluster[1]);
        (await front.Operator.GetAsync("/v1/secrets")).Is(200);
        Assert.Single(breaking.Seen);
        await cluster[1].App.StopAsync();
        (await front.Operator.GetAsync("/v1/secrets")).IsProblem(503, "not_ready");
    }

    [Fact]
    public async Task It_learns_of_new_vaults_and_of_those_that_are_gone()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, pool) = await cluster.AddFrontAsync(cluster[1]);
        await cluster.AddAsync();
        using var stop = new CancellationTokenSource();
        var running = pool.RunAsync(stop.Token);
        await TestNodes.UntilAsync(() => pool.InOrder().Count == 2);
        Assert.Equal([cluster[1].Place, cluster[3].Place], pool.InOrder().OrderBy(place => place.Address.Port == cluster[1].Record.ApiPort ? 0 : 1));
        await cluster[1].App.StopAsync();
        (await front.Operator.GetAsync("/v1/secrets")).Is(200);
        Assert.Equal(cluster[3].Place, pool.InOrder()[0]);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task Vaults_that_were_named_stay_and_tell_of_the_authority_all_the_same()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        var pool = new VaultPool([cluster[1].Place], isFixed: true, front.Calls, NullLogger<VaultPool>.Instance);
        Assert.Null(pool.Authority);
        using var stop = new CancellationTokenSource();
        var running = pool.RunAsync(stop.Token);
        await TestNodes.UntilAsync(() => pool.Authority is not null);
        Assert.Equal(cluster.Now().Authority!.Certificate, pool.Authority);
        Assert.Equal([cluster[1].Place], pool.InOrder());
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task The_logs_show_the_way_of_a_write_by_its_request_id()
    {
        await using var cluster = await TestNodes.StartAsync(2);
        var (front, _) = await cluster.AddFrontAsync(cluster[2]);
        (await front.Operator.SetAsync("a", "hunter2", ("Mill-Request-Id", "far"))).Is(201);
        (await cluster[1].Operator.SetAsync("b", "hunter2", ("Mill-Request-Id", "near"))).Is(201);
        (await cluster[1].Operator.SetAsync("b", "hunter2", ("Mill-Request-Id", "late"), ("If-Match", "\"7\""))).IsProblem(412, "precondition_failed");
        await RequireLineAsync(front, $"Request far was passed on to the vault node at {cluster[2].Place}, which answered 201");
        await RequireLineAsync(cluster[2], $"Request far was passed on to node {cluster[1].Id}, which answered 201");
        await RequireLineAsync(cluster[1], $"Request far was passed on by node {cluster[2].Id}, and answered 201");
        await RequireLineAsync(cluster[1], "Request near was executed by this node, which leads, and answered 201");
        await RequireLineAsync(cluster[1], "Request late was executed by this node, which leads, and answered 412");
        Assert.DoesNotContain("hunter2", string.Concat(front.Logs.All, cluster[1].Logs.All, cluster[2].Logs.All), StringComparison.Ordinal);
    }

    /// <summary>What is said of an answer may be said a moment after it.</summary>
    private static Task RequireLineAsync(TestNode node, string line) => TestNodes.UntilAsync(() => node.Logs.All.Contains(line, StringComparison.Ordinal));
}
