using Microsoft.AspNetCore.Http;
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
        var breaking = new Recorder((http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
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

    [Theory]
    [InlineData("no_leader")]
    [InlineData("not_ready")]
    [InlineData("no_quorum")]
    [InlineData("vault_sealed")]
    public async Task A_vault_that_cannot_is_passed_over(string code)
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var refusing = new Recorder((http, _) => Refuse(http, code));
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(refusing.ServeAsync), cluster[1]);
        (await front.Operator.GetAsync("/v1/secrets")).Is(200);
        Assert.Single(refusing.Seen);
    }

    [Fact]
    public async Task Where_no_vault_can_the_last_word_of_one_is_the_answer()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var refusing = new Recorder((http, _) => Refuse(http, "no_quorum"));
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
        var breaking = new Recorder((http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(breaking.ServeAsync));
        var answer = await front.Operator.SetAsync("a", "1");
        Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task A_watch_is_streamed_as_it_happens()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        using var watch = await front.Operator.WatchAsync();
        await cluster[1].Operator.PutAsync("a", "1");
        Assert.Equal(["added a 1"], await watch.TakeAsync(1));
        await front.Operator.PutAsync("a", "2");
        Assert.Equal(["rotated a 2"], await watch.TakeAsync(1));
    }

    [Fact]
    public async Task A_stream_that_breaks_off_behind_it_breaks_off_before_it()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var seen = new TaskCompletionSource();
        var half = new Recorder(async (http, _) =>
        {
            await http.Response.WriteAsync("{\"half\":1}\n");
            await http.Response.Body.FlushAsync();
            await seen.Task;
            http.Abort();
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(half.ServeAsync));
        using var answer = await front.Http.GetAsync(new Uri(front.Address, "/v1/backup"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal("{\"half\":1}", await reader.ReadLineAsync());
        seen.SetResult();
        await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadLineAsync());
        Assert.Empty(front.Logs.Errors);
    }

    [Fact]
    public async Task Stopping_ends_its_streams()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var (front, _) = await cluster.AddFrontAsync(cluster[1]);
        using var watch = await front.Operator.WatchAsync();
        await front.App.StopAsync().WaitAsync(TimeSpan.FromSeconds(4));
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

    private static Task Refuse(HttpContext http, string code)
    {
        http.Response.StatusCode = 503;
        http.Response.ContentType = "application/problem+json";
        return http.Response.WriteAsync($$"""{"type":"t","title":"t","status":503,"detail":"in words","code":"{{code}}"}""");
    }
}
