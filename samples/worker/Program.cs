// Does something whenever secrets change:
//
//   SECRET_PROVIDER_CHAIN=file SECRET_FILE_PATH=secrets.env dotnet run --project samples/worker
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Secrets.Providers;

var builder = Host.CreateApplicationBuilder(args);
builder.Services.AddMillSecrets();
builder.Services.AddHostedService<Reconnecting>();
await builder.Build().RunAsync();

/// <summary>Tells which secrets change, and never what they are.</summary>
internal sealed partial class Reconnecting(ISecretProvider secrets, ILogger<Reconnecting> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in secrets.WatchAsync(stoppingToken)) Changed(logger, change.Kind, string.Join(", ", change.Keys));
    }

    [LoggerMessage(1, LogLevel.Information, "{Kind}: {Keys}")]
    private static partial void Changed(ILogger logger, SecretChangeKind kind, string keys);
}
