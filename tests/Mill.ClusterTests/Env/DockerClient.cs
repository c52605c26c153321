using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Mill.ClusterTests.Env;

/// <summary>
/// docker's own command line, and in the place of its daemon a listener that hears what container it asks for (https://docs.docker.com/reference/api/engine/version/v1.47/#operation/ContainerCreate): nothing is
/// run, and no image is needed.
/// </summary>
internal static class DockerClient
{
    /// <summary>What <c>docker create --env-file</c> reads from the file; null where docker is not installed.</summary>
    public static async Task<IReadOnlyDictionary<string, string>?> ReadAsync(string directory, string file)
    {
        // Others answer to this name, too, and keep their containers elsewhere.
        if (await RunAsync(directory, null, "--version") is not { ExitCode: 0 } version || !version.Said.StartsWith("Docker version", StringComparison.Ordinal)) return null;
        var socket = Path.Combine(directory, "docker.sock");
        File.Delete(socket);
        var asked = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var daemon = Daemon(socket, asked);
        await daemon.StartAsync();
        var created = await RunAsync(directory, socket, "create", "--pull", "never", "--env-file", file, "none");
        Assert.True(created is { ExitCode: 0 }, $"docker: {created?.Said}");
        var variables = (await asked.Task).GetProperty("Env").EnumerateArray().Select(one => one.GetString()!.Split('=', 2));
        return variables.GroupBy(pair => pair[0]).ToDictionary(pairs => pairs.Key, pairs => pairs.Last()[1]);
    }

    /// <summary>Null where there is no such program.</summary>
    private static async Task<Ended?> RunAsync(string directory, string? socket, params string[] arguments)
    {
        var start = new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["DOCKER_HOST"], start.Environment["DOCKER_CONFIG"], start.Environment["HOME"]) = ($"unix://{socket}", directory, directory);
        try
        {
            using var docker = Process.Start(start)!;
            var (said, complained) = (docker.StandardOutput.ReadToEndAsync(), docker.StandardError.ReadToEndAsync());
            try
            {
                await docker.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
                return new(docker.ExitCode, await said + await complained);
            }
            finally
            {
                if (!docker.HasExited) docker.Kill(entireProcessTree: true);
            }
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static WebApplication Daemon(string socket, TaskCompletionSource<JsonElement> asked)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(options => options.ListenUnixSocket(socket));
        var daemon = builder.Build();
        daemon.Run(async context =>
        {
            context.Response.Headers["Api-Version"] = "1.47";
            if (!context.Request.Path.Value!.EndsWith("/containers/create", StringComparison.Ordinal)) return;
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            asked.TrySetResult(body.RootElement.Clone());
            context.Response.StatusCode = StatusCodes.Status201Created;
            await context.Response.WriteAsync("""{"Id":"0123456789ab","Warnings":[]}""", context.RequestAborted);
        });
        return daemon;
    }

    private sealed record Ended(int ExitCode, string Said);
}
