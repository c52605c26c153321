using System.Net;
using System.Net.Sockets;
using Mill.Core.Specs;
using Mill.Node.Agent;
using Mill.Node.Docker;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>Each way to look whether a container does what it is for.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task A_port_that_takes_connections_is_healthy_and_one_that_does_not_is_not()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Assert.Null(await LookAsync(Health(HealthKind.Tcp), port));
        listener.Stop();
        Assert.Equal($"port {port} did not answer: nothing takes connections", await LookAsync(Health(HealthKind.Tcp), port));
        Assert.Equal($"port {port} did not answer: nothing takes connections (on the network of the host it has to listen on $PORT, {port}; what has a port of its own needs network = \"bridge\")", await LookAsync(Health(HealthKind.Tcp), port, isOnHost: true));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(3, "the command ended with 3")]
    public async Task A_command_is_healthy_where_it_ends_with_0(int code, string? reason)
    {
        await using var engine = await FakeEngine.StartAsync(async context =>
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(context.Request.Path.Value switch
            {
                { } path when path.EndsWith("/containers/c1/exec", StringComparison.Ordinal) => """{"Id":"e1"}""",
                { } path when path.EndsWith("/exec/e1/json", StringComparison.Ordinal) => $$"""{"ExitCode":{{code}},"Running":false}""",
                _ => "",
            });
        });
        Assert.Equal(reason, await LookAsync(Health(HealthKind.Command) with { Command = ["/check"] }, null, engine.Address));
    }

    private static HealthSpec Health(HealthKind kind) => HealthProbe.Connects with { Kind = kind };

    private static async Task<string?> LookAsync(HealthSpec health, int? port, DockerAddress? engine = null, bool isOnHost = false)
    {
        using var docker = new DockerClient(engine ?? new("/nowhere", new("http://docker")), TimeProvider.System);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler());
        return await new HealthProbe(health, "127.0.0.1", port, "c1", docker, http, TimeProvider.System, isOnHost).LookAsync(CancellationToken.None);
    }
}
