using System.Buffers.Text;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Node.Agent;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Vault;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class ImageFetchTests
{
    private const string Progress = """{"status":"Downloading","id":"a","progressDetail":{"current":10,"total":100}}""";

    private readonly ManualTime _time = new();
    private readonly List<AllocStatus> _told = [];
    private int _progressed;
    private IReadOnlyList<PullProgress> _seen = [];

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
        Assert.Equal(1, _progressed);
        Assert.Equal([new("web-1", "app:v1", 10, 100)], _seen);
    }

    [Theory]
    [InlineData(Progress, AllocStatus.Stopped, 0)]
    [InlineData("""{"error":"no such tag"}""", AllocStatus.Failed, null)]
    public async Task What_is_only_fetched_makes_no_container_and_says_what_came_of_it(string answer, AllocStatus status, int? code)
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, isHere: false, answer));
        using var node = new TestNode(engine.Address, _time);
        using var news = new SemaphoreSlim(0);
        using var runner = new AllocRunner(Alloc("app:v1") with { Kind = AllocKind.Pull }, node.Parts with { Changed = () => news.Release() });
        runner.Begin(null, default);
        while (runner.News is not { Status: AllocStatus.Stopped or AllocStatus.Failed }) await news.WaitAsync();
        Assert.Equal((status, code), (runner.News!.Status, runner.News.ExitCode));
        Assert.Equal(status is AllocStatus.Failed, runner.News.Reason?.Contains("no such tag", StringComparison.Ordinal) is true);
        runner.Sent(runner.News);
        await runner.Work;
        Assert.DoesNotContain(engine.Asked, path => path.Contains("/containers/create", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ghcr.io/org/app:v1", "default", true)]
    [InlineData("ghcr.io/org/app:v1", "other", false)]
    [InlineData("quay.io/org/app:v1", "default", false)]
    [InlineData("app:v1", "default", false)]
    public async Task Who_pulls_is_said_to_the_registry_that_it_was_said_for_and_to_no_other(string image, string tenant, bool isKnown)
    {
        await using var vault = await TestVault.OpenAsync();
        await vault.SetAsync("registry/token", "c4n4ry");
        string? login = null;
        await using var engine = await FakeEngine.StartAsync(context =>
        {
            if (context.Request.Path.Value!.EndsWith("/images/create", StringComparison.Ordinal)) login = context.Request.Headers["X-Registry-Auth"].ToString();
            return AnswerAsync(context, isHere: false, Progress);
        });
        using var node = new TestNode(engine.Address, _time);
        var registry = new RegistryRecord { Tenant = TenantId.Default, Spec = new("ghcr.io", new("robot"), new("token ${secret(registry/token)}")) };
        var fleet = FleetState.Empty.Apply(new(new RegistryKey(registry.Tenant, registry.Spec.Address), registry))!;
        var alloc = Alloc(image) with { Tenant = TenantId.TryParse(tenant, out var owner) ? owner : throw new InvalidOperationException(tenant) };
        using var log = new AllocLog(node.Parts.Logs.Open(alloc.Id, alloc.CreatedAt));
        await new ImageFetch(alloc, node.Parts with { Vault = vault.Vault }, log, _ => { }).FetchAsync(fleet, isFirst: true, default);

        if (isKnown) Assert.Equal("""{"username":"robot","password":"token c4n4ry","serveraddress":"ghcr.io"}""", Encoding.UTF8.GetString(Base64Url.DecodeFromChars(login)));
        else Assert.Equal("", login);
        Assert.Equal(isKnown ? "denied for [REDACTED]" : "denied for token c4n4ry", log.Clean("denied for token c4n4ry"));
        Assert.DoesNotContain(engine.Asked, asked => asked.Contains("c4n4ry", StringComparison.Ordinal));
    }

    private static Task AnswerAsync(HttpContext context, bool isHere, string pull)
    {
        if (context.Request.Path.Value!.Contains("/images/create", StringComparison.Ordinal)) return context.Response.WriteAsync(pull);
        context.Response.StatusCode = (int)(isHere ? HttpStatusCode.OK : HttpStatusCode.NotFound);
        return context.Response.WriteAsync("""{"Id":"sha256:1"}""");
    }

    private async Task FetchAsync(FakeEngine engine, string image, bool isFirst)
    {
        using var node = new TestNode(engine.Address, _time);
        var parts = node.Parts with
        {
            Progressed = () =>
            {
                _progressed++;
                _seen = [.. node.Parts.Pulls.Values];
            },
        };
        var alloc = Alloc(image);
        using var log = new AllocLog(parts.Logs.Open(alloc.Id, alloc.CreatedAt));
        await new ImageFetch(alloc, parts, log, change => _told.Add(change(new AllocReport { Id = alloc.Id, Status = AllocStatus.Starting }).Status)).FetchAsync(FleetState.Empty, isFirst, default);
        Assert.Empty(parts.Pulls);
    }

    private static AllocRecord Alloc(string image) => Specs.Alloc(Specs.Container() with { Image = image });
}
