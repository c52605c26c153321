using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Server.Front;
using Mill.Tests.Server.Nodes.Fixture;
using Xunit;

namespace Mill.Tests.Server.Nodes;

/// <summary>A front holds nothing, and answers as a vault would.</summary>
public sealed class FrontTests
{
    /// <summary>For what must come without time passing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

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

    [Fact]
    public async Task A_question_with_a_body_is_asked_of_another_vault_and_is_never_taken_for_a_write()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var breaking = new Recorder((http, _) =>
        {
            http.Abort();
            return Task.CompletedTask;
        });
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

    [Theory]
    [InlineData("GET", "/v1/secrets/a", null)]
    [InlineData("POST", "/v1/env/expand", """{"content":"A=1"}""")]
    public async Task Vaults_that_say_nothing_are_given_up_within_five_seconds_all_together(string method, string path, string? body)
    {
        await using var cluster = await TestNodes.StartAsync(1);
        Recorder[] frozen = [Frozen(), Frozen(), Frozen()];
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(frozen[0].ServeAsync), await cluster.AddAsync(frozen[1].ServeAsync), await cluster.AddAsync(frozen[2].ServeAsync));
        var asking = front.Operator.SendAsync(method, path, body);
        await cluster.PassAsync(frozen[0], 2);
        await cluster.PassAsync(frozen[1], 0.8);
        (await asking.WaitAsync(Patience)).IsProblem(503, "not_ready");
        Assert.Empty(frozen[2].Seen);
    }

    [Fact]
    public async Task A_write_that_a_silent_vault_was_sent_is_in_doubt_within_five_seconds()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var frozen = Frozen();
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(frozen.ServeAsync), cluster[1]);
        var writing = front.Operator.SetAsync("a", "1");
        await cluster.PassAsync(frozen, 3);
        var answer = await writing.WaitAsync(Patience);
        Assert.Equal((503, "outcome_unknown"), (answer.Status, answer.Code));
        // The next one goes where somebody answers.
        (await front.Operator.SetAsync("a", "1")).Is(201);
        Assert.Equal(2, frozen.Seen.Count);
    }

    [Fact]
    public async Task A_write_that_a_vault_is_slow_with_is_waited_for_while_the_vault_lives()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var thinking = new TaskCompletionSource();
        var slow = Thoughtful(async http =>
        {
            await thinking.Task;
            http.Response.StatusCode = 204;
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync), cluster[1]);
        var writing = front.Operator.DeleteAsync("a");
        await LiveAsync(cluster, slow, 7);
        thinking.SetResult();
        (await writing.WaitAsync(Patience)).Is(204);
    }

    [Fact]
    public async Task A_vault_that_looked_for_a_leader_in_vain_says_so_and_the_next_try_goes_to_another()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var looking = new TaskCompletionSource();
        var alone = Thoughtful(async http =>
        {
            await looking.Task;
            await Refuse(http, "no_leader");
        });
        var (front, pool) = await cluster.AddFrontAsync(await cluster.AddAsync(alone.ServeAsync), cluster[1]);
        var writing = front.Operator.SetAsync("a", "1");
        await LiveAsync(cluster, alone, 3);
        looking.SetResult();
        (await writing.WaitAsync(Patience)).IsProblem(503, "no_leader");
        Assert.Equal(cluster[1].Place, pool.InOrder()[0]);
        (await front.Operator.SetAsync("a", "1")).Is(201);
    }

    [Fact]
    public async Task A_silent_vault_is_passed_over_by_a_read_and_asked_last_for_a_while()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var frozen = Frozen();
        var silent = await cluster.AddAsync(frozen.ServeAsync);
        var (front, pool) = await cluster.AddFrontAsync(silent, cluster[1]);
        var reading = front.Operator.GetAsync("/v1/secrets");
        await cluster.PassAsync(frozen, 2);
        (await reading.WaitAsync(Patience)).Is(200);
        Assert.Equal([cluster[1].Place, silent.Place], pool.InOrder());
        Assert.True(pool.IsLate(silent.Place));
        cluster.Time.Advance(TimeSpan.FromSeconds(30));
        Assert.False(pool.IsLate(silent.Place));
    }

    [Fact]
    public async Task Whoever_is_alone_with_the_question_is_waited_for_as_long_as_it_may_take()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var thinking = new TaskCompletionSource();
        var slow = Thoughtful(async http =>
        {
            await thinking.Task;
            await Refuse(http, "no_quorum");
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync));
        var reading = front.Operator.GetAsync("/v1/secrets");
        await LiveAsync(cluster, slow, 3);
        thinking.SetResult();
        (await reading.WaitAsync(Patience)).IsProblem(503, "no_quorum");
    }

    [Theory]
    [InlineData(true, 9)]
    [InlineData(false, 90)]
    public async Task An_answer_that_has_begun_goes_on(bool hasLength, int seconds)
    {
        const int Large = 20_000; // more than is held here before the first of it goes out
        await using var cluster = await TestNodes.StartAsync(1);
        var rest = new TaskCompletionSource();
        var slow = new Recorder(async (http, _) =>
        {
            if (hasLength) http.Response.ContentLength = Large + 4;
            await http.Response.WriteAsync(new string('h', Large));
            await http.Response.Body.FlushAsync();
            await rest.Task;
            await http.Response.WriteAsync("rest");
        });
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync));
        using var answer = await front.Http.GetAsync(new Uri(front.Address, "/v1/backup"), HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        Assert.Equal('h', (char)reader.Read());
        cluster.Time.Advance(TimeSpan.FromSeconds(seconds));
        rest.SetResult();
        Assert.Equal(new string('h', Large - 1) + "rest", await reader.ReadToEndAsync().WaitAsync(Patience));
    }

    [Fact]
    public async Task Whoever_leaves_is_waited_for()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        var leaving = new TaskCompletionSource();
        var slow = Thoughtful(_ => leaving.Task);
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(slow.ServeAsync));
        var removing = front.Operator.SendAsync("DELETE", "/v1/nodes/n3");
        await LiveAsync(cluster, slow, 7);
        leaving.SetResult();
        (await removing.WaitAsync(Patience)).Is(200);
    }

    [Fact]
    public async Task Whether_it_is_ready_is_said_within_five_seconds()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        Recorder[] frozen = [Frozen(), Frozen(), Frozen()];
        var (front, _) = await cluster.AddFrontAsync(await cluster.AddAsync(frozen[0].ServeAsync), await cluster.AddAsync(frozen[1].ServeAsync), await cluster.AddAsync(frozen[2].ServeAsync));
        var asking = front.As(null).GetAsync("/readyz");
        foreach (var (vault, seconds) in frozen.Zip([1.5, 1.5, 1]))
        {
            await TestNodes.UntilAsync(() => vault.Seen.Count == 1);
            cluster.Time.Advance(TimeSpan.FromSeconds(seconds));
        }
        (await asking.WaitAsync(Patience)).IsProblem(503, "not_ready");
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

    /// <summary>Until it has said so often, once a second, that it is there.</summary>
    private static async Task LiveAsync(TestNodes cluster, Recorder vault, int seconds)
    {
        await TestNodes.UntilAsync(() => vault.Seen.Count > 0);
        await TestNodes.UntilAsync(() =>
        {
            cluster.Time.Advance(TimeSpan.FromMilliseconds(5));
            return vault.Seen.Count > seconds + 1;
        });
    }

    /// <summary>It takes its time, and says that it is there.</summary>
    private static Recorder Thoughtful(Func<HttpContext, Task> serve) => new((http, _) => http.Request.Path == "/healthz" ? http.Response.WriteAsync("""{"status":"ok"}""") : serve(http));

    /// <summary>It takes what it is sent, and says nothing.</summary>
    private static Recorder Frozen() => new((http, _) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted));

    private static Task Refuse(HttpContext http, string code)
    {
        http.Response.StatusCode = 503;
        http.Response.ContentType = "application/problem+json";
        return http.Response.WriteAsync($$"""{"type":"t","title":"t","status":503,"detail":"in words","code":"{{code}}"}""");
    }
}
