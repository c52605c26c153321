using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Mill.Node.Docker;

namespace Mill.Tests.Containers;

/// <summary>Speaks as a Docker Engine does, on a socket, and says what a test wants.</summary>
internal sealed class FakeEngine : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-engine-").FullName;
    private readonly WebApplication _app;

    private FakeEngine(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenUnixSocket(Path.Combine(_directory, "docker.sock")));
        _app = builder.Build();
        _app.Run(context =>
        {
            lock (Asked) Asked.Add(context.Request.Path + context.Request.QueryString);
            return answer(context);
        });
    }

    public List<string> Asked { get; } = [];

    public DockerAddress Address => new(Path.Combine(_directory, "docker.sock"), new("http://docker"));

    public static async Task<FakeEngine> StartAsync(RequestDelegate answer)
    {
        var engine = new FakeEngine(answer);
        await engine._app.StartAsync();
        return engine;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }
}
