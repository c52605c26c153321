using Microsoft.AspNetCore.Http;
using Mill.Core.Specs;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>A command is run by the Engine: what that cannot do says nothing of the container.</summary>
public sealed class HealthProbeTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Where_there_is_no_Engine_nothing_is_known() =>
        Assert.Equal(MillError.EngineUnavailable, (await Assert.ThrowsAsync<MillException>(() => LookAsync(new("/nowhere/docker.sock", new("http://docker"))))).Error);

    [Fact]
    public async Task Where_the_Engine_goes_away_before_the_command_has_ended_nothing_is_known()
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, """{"Running":true,"ExitCode":null}"""));
        Assert.Equal(MillError.EngineUnavailable, (await Assert.ThrowsAsync<MillException>(() => LookAsync(engine.Address))).Error);
    }

    [Fact]
    public async Task Where_the_command_fails_the_container_is_not_healthy()
    {
        await using var engine = await FakeEngine.StartAsync(context => AnswerAsync(context, """{"Running":false,"ExitCode":3}"""));
        Assert.Equal("the command ended with 3", await LookAsync(engine.Address));
    }

    [Fact]
    public async Task Where_the_Engine_stands_still_nothing_is_known()
    {
        await using var engine = await FakeEngine.StartAsync(context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var look = LookAsync(engine.Address);
        await _time.AdvanceUntilAsync(look, TimeSpan.FromSeconds(1));
        Assert.Equal(MillError.EngineUnavailable, (await Assert.ThrowsAsync<MillException>(() => look)).Error);
    }

    private static Task AnswerAsync(HttpContext context, string inspection)
    {
        var path = context.Request.Path.Value!;
        return context.Response.WriteAsync(path.EndsWith("/start", StringComparison.Ordinal) ? "" : path.Contains("/containers/", StringComparison.Ordinal) ? """{"Id":"e1"}""" : inspection);
    }

    private async Task<string?> LookAsync(DockerAddress address)
    {
        using var docker = new DockerClient(address, _time);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        var health = HealthProbe.Connects with { Kind = HealthKind.Command, Command = ["/bin/true"] };
        return await new HealthProbe(health, "127.0.0.1", null, "c1", docker, http, _time).LookAsync(default);
    }
}
