using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Extensions.Configuration;
using Mill.Extensions.Logging;

namespace Mill.Extensions.Services;

/// <summary>Opens all providers at once when the host starts, and waits as long as they may be waited for. Throws what a start throws that does not get what it demands.</summary>
internal sealed class SecretsStart(IServiceProvider services, IEnumerable<SecretsRegistration> registrations, IEnumerable<MaskedLogs> masks, ILoggerFactory loggers, IConfiguration? configuration = null) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var masked in masks) masked.Require(loggers); // before anything is read that a log may tell
        var logger = loggers.CreateLogger("Mill.Extensions");
        foreach (var provider in ConfiguredSecrets.Of(configuration)) provider.LogTo(logger);
        var starts = registrations.Select(registration => registration.Find(services)).OfType<HostedSecrets>().Select(secrets => secrets.StartAsync(cancellationToken));
        await Task.WhenAll(starts).ConfigureAwait(false);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
