using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mill.Extensions.Configuration;
using Mill.Extensions.Services;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Health;

/// <summary>
/// Whether secrets are the latest (healthy), those that were good last (degraded), or not to be had at all (as the registration says it of failures). Of the provider and of all settings that come from secrets.
/// </summary>
internal sealed class SecretsHealthCheck(IServiceProvider services, SecretsRegistration? registration) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var parts = new List<Part>();
        if (registration?.Find(services) is { } provider) parts.Add(await AskAsync(provider, cancellationToken).ConfigureAwait(false));
        // Those with a key are somebody else's: the settings are told of once.
        if (registration?.Key is null) parts.AddRange(ConfiguredSecrets.Of(services.GetService<IConfiguration>()).Select(one => new Part($"settings from {one.Name}", one.Count, one.LastError, one.Age)));
        if (parts.Count == 0) return new(context.Registration.FailureStatus, "There are no secrets among the services.");
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var (key, value) in parts.SelectMany(part => part.Data())) data[key] = value; // several may have one name
        var worst = parts.Max(part => part.Rank);
        // Codes: messages may name secrets, and what is said here is logged, and shown to whoever asks.
        var codes = string.Join(", ", parts.Where(part => part.Error is not null).Select(part => part.Error!.Error.ToCode()).Distinct());
        return worst switch
        {
            0 => HealthCheckResult.Healthy("Secrets are the latest.", data),
            1 => HealthCheckResult.Degraded($"Secrets are the last good ones: {codes}.", null, data),
            _ => new(context.Registration.FailureStatus, $"Secrets cannot be had: {codes}.", null, data),
        };
    }

    private static async Task<Part> AskAsync(ISecretProvider provider, CancellationToken cancellationToken)
    {
        if (provider is HostedSecrets hosted)
        {
            var (known, error) = await hosted.AskAsync(cancellationToken).ConfigureAwait(false);
            return new(provider.Name, known.Count, error, hosted.Freshness.Age);
        }
        try
        {
            var keys = await provider.KeysAsync(cancellationToken).ConfigureAwait(false);
            return new(provider.Name, keys.Keys.Count, keys.Errors is [var first, ..] ? first : null, null);
        }
        catch (SecretProviderException e)
        {
            return new(provider.Name, 0, e, null); // who checks would log all of it
        }
    }

    private sealed record Part(string Name, int Count, SecretProviderException? Error, TimeSpan? Age)
    {
        public int Rank => Error is null ? 0 : Count > 0 ? 1 : 2;

        public IEnumerable<KeyValuePair<string, object>> Data()
        {
            yield return new($"{Name}: secrets", Count);
            if (Age is { } age) yield return new($"{Name}: age", age.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture) + " s");
            if (Error is { } error) yield return new($"{Name}: error", error.Error.ToCode());
        }
    }
}
