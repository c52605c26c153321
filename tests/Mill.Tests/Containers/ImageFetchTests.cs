using System.Net;
using Microsoft.AspNetCore.Http;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Mill.Node.Logs;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class ImageFetchTests : IDisposable
{
    private const string Progress = """{"status":"Downloading","id":"a","progressDetail":{"current":10,"total":100}}""";

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-fetch-").FullName;
    private readonly ManualTime _time = new();
    private readonly List<AllocStatus> _told = [];
    private readonly SemaphoreSlim _news = new(0);
    private int _changed;
    private IReadOnlyList<PullProgress> _seen = [];

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _news.Dispose();
    }

    [Theory]
    [InlineData("app:v1", true, true, 0)]
    [InlineData("app:v1", false, true, 1)]
    [InlineData("app:latest", true, true, 1)]
    [InlineData("app", true, true, 1)]
    [InlineData("app", true, false, 0)]
    public async Task An_image_is_fetched_where_it_is_not_here_and_where_its_name_moves(string image, bool isHere, bool isFirst, int pulls)
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, isHere, Progress));
        await FetchAsync(engine, image, isFirst);
        Assert.Equal(pulls, engine.Asked.Count(path => path.Contains("/images/create", StringComparison.Ordinal)));
        Assert.Equal(pulls, _told.Count);
    }

    [Fact]
    public async Task What_is_here_has_to_do_where_its_registry_is_away_and_what_is_not_fails()
    {
        const string Refused = """{"error":"no such host"}""";
        await using var here = await FakeEngine.StartAsync(context => AnswerAsync(context, isHere: true, Refused));
        await FetchAsync(here, "app:latest", isFirst: true);
        await using var gone = await FakeEngine.StartAsync(context => AnswerAsync(context, isHere: false, Refused));
        Assert.Equal(MillError.ImageUnavailable, (await Assert.ThrowsAsync<MillException>(() => FetchAsync(gone, "app:latest", isFirst: true))).Error);
    }

    [Fact]
    public async Task How_far_it_has_come_is_said_but_not_with_every_line()
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, isHere: false, string.Join('\n', Enumerable.Repeat(Progress, 1000))));
        await FetchAsync(engine, "app:v1", isFirst: true);
        Assert.Equal(1, _changed);
        Assert.Equal([new("web-1", "app:v1", 10, 100)], _seen);
    }

    [Theory]
    [InlineData(Progress, AllocStatus.Stopped, 0)]
    [InlineData("""{"error":"no such tag"}""", AllocStatus.Failed, null)]
    public async Task What_is_only_fetched_makes_no_container_and_says_what_came_of_it(string answer, AllocStatus status, int? code)
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, isHere: false, answer));
        using var docker = new DockerClient(engine.Address, _time);
        using var logs = new LogStore(_directory, _time);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var parts = Parts(docker, logs, http);
        using var stop = new CancellationTokenSource();
        using var runner = new AllocRunner(Alloc(parts, "app:v1") with { Kind = AllocKind.Pull }, parts);
        runner.Begin(null, stop.Token);
        while (runner.News is not { Status: AllocStatus.Stopped or AllocStatus.Failed }) await _news.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal((status, code), (runner.News!.Status, runner.News.ExitCode));
        Assert.Equal(status is AllocStatus.Failed, runner.News.Reason?.Contains("no such tag", StringComparison.Ordinal) is true);
        runner.Sent(runner.News);
        await runner.Work;
        Assert.DoesNotContain(engine.Asked, path => path.Contains("/containers/create", StringComparison.Ordinal));
    }

    private static Task AnswerAsync(HttpContext context, bool isHere, string pull)
    {
        if (context.Request.Path.Value!.Contains("/images/create", StringComparison.Ordinal)) return context.Response.WriteAsync(pull);
        context.Response.StatusCode = (int)(isHere ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        return context.Response.WriteAsync("""{"Id":"sha256:1"}""");
    }

    private async Task FetchAsync(FakeEngine engine, string image, bool isFirst)
    {
        using var docker = new DockerClient(engine.Address, _time);
        using var logs = new LogStore(_directory, _time);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var parts = Parts(docker, logs, http);
        var alloc = Alloc(parts, image);
        using var log = new AllocLog(logs.Open(alloc.Id, alloc.CreatedAt));
        await new ImageFetch(alloc, parts, log, change => _told.Add(change(new AllocReport { Id = alloc.Id, Status = AllocStatus.Starting }).Status)).FetchAsync(FleetState.Empty, isFirst, default);
        Assert.Empty(parts.Pulls);
    }

    private static AllocRecord Alloc(NodeParts parts, string image) =>
        new() { Id = "web-1", Name = "web", Kind = AllocKind.Service, Tenant = TenantId.Default, Node = parts.Node, Version = 1, CreatedAt = new(1), Status = AllocStatus.Pulling, Container = Specs.Container() with { Image = image } };

    private NodeParts Parts(DockerClient docker, LogStore logs, HttpMessageInvoker http)
    {
        NodeParts? parts = null;
        return parts = new()
        {
            Node = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]),
            Cluster = "c1",
            Address = "127.0.0.1",
            Docker = docker,
            Vault = null!, // nothing here has a secret
            Fleet = _ => ValueTask.FromResult(FleetState.Empty),
            Ports = new(),
            Files = new(_directory, _directory),
            Logs = logs,
            Http = http,
            Time = _time,
            Changed = () => { },
            Progressed = () =>
            {
                _changed++;
                _news.Release();
                _seen = [.. parts!.Pulls.Values];
            },
            LeftBehind = (_, _) => { },
        };
    }
}
