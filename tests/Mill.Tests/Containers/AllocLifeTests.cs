using Microsoft.AspNetCore.Http;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Mill.Node.Logs;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>What an agent makes of an Engine that says strange things.</summary>
public sealed class AllocLifeTests : IDisposable
{
    private const string Running = """{"Id":"c1","State":{"Status":"running","Running":true,"StartedAt":"2026-01-01T00:00:00Z"},"Config":{"Labels":{}}}""";

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-life-").FullName;
    private readonly ManualTime _time = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

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

    private static Task AnswerAsync(HttpContext context, int status, string body)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    }

    private async Task<LifeEnd> LiveAsync(FakeEngine engine)
    {
        using var docker = new DockerClient(engine.Address, _time);
        using var logs = new LogStore(_directory, _time);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var alloc = new AllocRecord { Id = "web-1", Name = "web", Kind = AllocKind.Service, Tenant = TenantId.Default, Node = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]), Version = 1, CreatedAt = new(1), Status = AllocStatus.Healthy, Container = Specs.Container() };
        var parts = new NodeParts
        {
            Node = alloc.Node,
            Cluster = "c1",
            Address = "127.0.0.1",
            Docker = docker,
            Vault = null!, // nothing here has a secret
            Fleet = _ => ValueTask.FromResult(FleetState.Empty),
            Ports = new(),
            Files = new(null, _directory),
            Logs = logs,
            Http = http,
            Time = _time,
            Changed = () => { },
            Progressed = () => { },
            LeftBehind = (_, _) => { },
        };
        using var life = new AllocLife(alloc, 0, isFirst: false, parts, _ => { });
        return await life.RunAsync("c1", default, default);
    }
}
