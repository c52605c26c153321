using Microsoft.AspNetCore.Http;
using Mill.Node.Docker;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class DockerClientTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task A_pull_says_how_far_all_layers_have_come()
    {
        await using var engine = await FakeEngine.StartAsync(context => context.Response.WriteAsync("""
            {"status":"Downloading","id":"a","progressDetail":{"current":10,"total":100}}
            {"status":"Downloading","id":"b","progressDetail":{"current":5,"total":50}}
            {"status":"Downloading","id":"a","progressDetail":{"current":100,"total":100}}
            {"status":"Done"}
            """));
        using var docker = new DockerClient(engine.Address, _time);
        var seen = new List<(long, long)>();
        await docker.PullAsync("ghcr.io/org/app:v2", null, (done, total) => seen.Add((done, total)), default);
        Assert.Equal([(10, 100), (15, 150), (105, 150)], seen);
        Assert.Equal("/v1.41/images/create?fromImage=ghcr.io%2Forg%2Fapp&tag=v2", Assert.Single(engine.Asked));
    }

    [Fact]
    public async Task What_the_registry_says_is_why_it_failed()
    {
        await using var engine = await FakeEngine.StartAsync(context => context.Response.WriteAsync("""{"error":"denied: no such user"}"""));
        using var docker = new DockerClient(engine.Address, _time);
        var failure = await Assert.ThrowsAsync<MillException>(() => docker.PullAsync("app:v2", null, null, default));
        Assert.Equal((MillError.ImageUnavailable, "the image app:v2 cannot be pulled: denied: no such user"), (failure.Error, failure.Message));
    }

    [Fact]
    public async Task An_answer_that_stops_in_its_middle_is_waited_for_no_longer_than_a_minute()
    {
        await using var engine = await FakeEngine.StartAsync(context => HalfAsync(context, """{"NCPU": 4, """));
        using var docker = new DockerClient(engine.Address, _time);
        Assert.Equal(MillError.EngineUnavailable, (await AfterAsync(docker.InfoAsync(default), TimeSpan.FromMinutes(1))).Error);
    }

    [Fact]
    public async Task A_pull_of_which_nothing_more_comes_ends()
    {
        await using var engine = await FakeEngine.StartAsync(context => HalfAsync(context, """{"status":"Downloading","id":"a","progressDetail":{"current":10,"total":100}}"""));
        using var docker = new DockerClient(engine.Address, _time);
        Assert.Equal("the image app:v2 cannot be pulled: nothing more came of it", (await AfterAsync(docker.PullAsync("app:v2", null, null, default), TimeSpan.FromMinutes(5))).Message);
    }

    [Fact]
    public async Task To_start_what_runs_and_to_stop_what_has_ended_is_no_failure()
    {
        await using var engine = await FakeEngine.StartAsync(context =>
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return Task.CompletedTask;
        });
        using var docker = new DockerClient(engine.Address, _time);
        await docker.StartAsync("c1", default);
        await docker.StopAsync("c1", default);
        Assert.Equal(["/v1.41/containers/c1/start", "/v1.41/containers/c1/stop"], engine.Asked);
    }

    [Fact]
    public async Task Events_name_the_container_and_what_ends_them_is_no_answer_of_the_Engine()
    {
        await using var engine = await FakeEngine.StartAsync(context => context.Response.WriteAsync("""
            {"status":"die","id":"c1","Type":"container","Action":"die","Actor":{"ID":"c1"}}
            {"Type":"container","Action":"pause","Actor":{"ID":"c2"}}
            {"Type":
            """));
        using var docker = new DockerClient(engine.Address, _time);
        var seen = new List<string?>();
        var failure = await Assert.ThrowsAsync<MillException>(async () =>
        {
            await foreach (var container in docker.EventsAsync("c", "n", default)) seen.Add(container);
        });
        Assert.Equal(MillError.EngineUnavailable, failure.Error);
        Assert.Equal([null, "c1", "c2"], seen);
        var asked = Uri.UnescapeDataString(Assert.Single(engine.Asked));
        Assert.Contains("\"mill.cluster=c\"", asked, StringComparison.Ordinal);
        // A look into a container is an event as well, and must not make anybody look.
        Assert.DoesNotContain("exec", asked, StringComparison.Ordinal);
    }

    private static async Task HalfAsync(HttpContext context, string text)
    {
        await context.Response.WriteAsync(text);
        await context.Response.Body.FlushAsync();
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<MillException> AfterAsync(Task work, TimeSpan time)
    {
        await _time.AdvanceUntilAsync(work, time);
        return await Assert.ThrowsAsync<MillException>(() => work);
    }
}
