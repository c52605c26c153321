using Microsoft.Extensions.Diagnostics.HealthChecks;
using Mill.Extensions.Health;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>The health of secrets.</summary>
public static class MillHealthChecksExtensions
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Adds a check that is healthy where secrets are the latest, degraded where the last good ones are given, and else what <paramref name="failureStatus"/> says. Its data are counts, ages and codes. A check asks
    /// the place for its list of keys. A check of the same provider with the same name is replaced, such as the one that an application's <c>AddMillSecrets</c> adds.
    /// </summary>
    /// <param name="name">By default <c>mill</c>, and <c>mill-</c> with the key behind it for a provider with one.</param>
    /// <param name="serviceKey">Of the provider; null for the one without a key and for settings.</param>
    public static IHealthChecksBuilder AddMillSecrets(this IHealthChecksBuilder builder, string? name = null, object? serviceKey = null, HealthStatus? failureStatus = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var check = new SecretsCheckFactory(serviceKey);
        var registration = new HealthCheckRegistration(name ?? (serviceKey is null ? "mill" : $"mill-{serviceKey}"), check.Make, failureStatus, tags, Longest);
        builder.Services.Configure<HealthCheckServiceOptions>(options =>
        {
            if (options.Registrations.FirstOrDefault(other => other.Name == registration.Name && check.Equals(other.Factory.Target)) is { } before) options.Registrations.Remove(before);
            options.Registrations.Add(registration);
        });
        return builder;
    }
}
