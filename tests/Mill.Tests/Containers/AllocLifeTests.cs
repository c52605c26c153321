using Microsoft.AspNetCore.Http;
using Mill.Core.Fleet;
using Mill.Core.Specs;
using Mill.Node.Agent;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>What an agent makes of an Engine that says strange things.</summary>
public sealed class AllocLifeTests
{
    private const string Running = """{"Id":"c1","State":{"Status":"running","Running":true,"StartedAt":"2026-01-01T00:00:00Z"},"Config":{"Labels":{}}}""";

    private readonly ManualTime _time = new();

    [Theory]
    [InlineData(500, "{\"message\":\"the store is busy\"}")]
    [InlineData(200, "nonsense")]
    public async Task What_cannot_be_looked_at_for_a_moment_is_taken_up_later_and_not_ended(int status, string body)
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, status, body));
        var end = await LiveAsync(engine);
        Assert.Equal(LifeTrouble.Engine, end.Trouble);
        Assert.All(engine.Asked, path => Assert.EndsWith("/json", path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_watched_any_more_is_taken_up_anew_and_not_ended()
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, context.Request.Path.Value!.EndsWith("/json", StringComparison.Ordinal) ? 200 : 500, context.Request.Path.Value!.EndsWith("/json", StringComparison.Ordinal) ? Running : "{}"));
        var end = await LiveAsync(engine);
        Assert.Equal(LifeTrouble.Engine, end.Trouble);
        Assert.DoesNotContain(engine.Asked, path => path.Contains("/kill", StringComparison.Ordinal) || path.Contains("/stop", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_gone_is_gone()
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, 404, "{}"));
        var end = await LiveAsync(engine);
        Assert.Equal((LifeTrouble.Own, "web-1: its container is gone"), (end.Trouble, end.Reason));
    }

    [Fact]
    public async Task Whoever_is_woken_often_ends_nothing_any_earlier()
    {
        using var looks = new SemaphoreSlim(0);
        var ended = new TaskCompletionSource();
        await using var engine = await FakeEngine.StartAsync(async context =>
        {
            var path = context.Request.Path.Value!;
            if (path.EndsWith("/kill", StringComparison.Ordinal)) ended.TrySetResult();
            if (path.EndsWith("/wait", StringComparison.Ordinal) || path.EndsWith("/logs", StringComparison.Ordinal)) await ended.Task.WaitAsync(context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (path.EndsWith("/exec/e1/json", StringComparison.Ordinal)) looks.Release();
            await context.Response.WriteAsync(path switch
            {
                _ when path.EndsWith("/containers/c1/json", StringComparison.Ordinal) => ended.Task.IsCompleted ? Running.Replace("true", "false", StringComparison.Ordinal) : Running,
                _ when path.EndsWith("/containers/c1/exec", StringComparison.Ordinal) => """{"Id":"e1"}""",
                _ when path.EndsWith("/exec/e1/json", StringComparison.Ordinal) => """{"ExitCode":1,"Running":false}""",
                _ when path.EndsWith("/wait", StringComparison.Ordinal) => """{"StatusCode":137}""",
                _ => "",
            });
        });
        using var node = new TestNode(engine.Address, _time);
        var health = HealthProbe.Connects with { Kind = HealthKind.Command, Command = ["/check"] };
        using var life = new AllocLife(Specs.Alloc() with { Status = AllocStatus.Healthy, Health = health }, 0, isFirst: false, node.Parts, _ => { });
        var (began, run) = (_time.GetUtcNow(), life.RunAsync("c1", default, default));
        for (var look = 0; look < 10; look++)
        {
            Assert.True(await looks.WaitAsync(TimeSpan.FromSeconds(30)));
            node.Parts.Wakes.Ring("c1");
        }
        await _time.AdvanceUntilAsync(run, TimeSpan.FromSeconds(1));
        Assert.StartsWith("web-1 is not healthy any more: the command ", (await run).Reason, StringComparison.Ordinal);
        Assert.True(_time.GetUtcNow() - began >= health.Interval * (health.FailureThreshold - 1));
    }

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }

    private async Task<LifeEnd> LiveAsync(FakeEngine engine)
    {
        using var node = new TestNode(engine.Address, _time);
        using var life = new AllocLife(Specs.Alloc() with { Status = AllocStatus.Healthy }, 0, isFirst: false, node.Parts, _ => { });
        return await life.RunAsync("c1", default, default);
    }
}
