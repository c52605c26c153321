using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Mill.Extensions.Configuration;
using Mill.Extensions.Logging;
using Mill.Extensions.Services;
using Mill.Secrets.Providers;
using Mill.Secrets.Redaction;

namespace Microsoft.Extensions.Hosting;

/// <summary>Secrets in an application, all of it in one call.</summary>
public static class MillHostExtensions
{
    /// <summary>
    /// The same secrets as settings and as an <see cref="ISecretProvider"/>, with a health check called <c>mill</c>, over one connection. Throws <see cref="SecretProviderException"/> where what the start demands
    /// is not there in time. The values are masked in all logs, from the moment they are given. Who exchanges the <c>ILoggerFactory</c> of the application does so before: a host whose logs go past the masks does not
    /// start.
    /// </summary>
    /// <param name="masksLogs">False leaves the logs as they are.</param>
    public static IHostApplicationBuilder AddMillSecrets(this IHostApplicationBuilder builder, Action<MillConfigurationOptions>? configure = null, bool masksLogs = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new MillConfigurationOptions { Settings = name => builder.Configuration[name] ?? Environment.GetEnvironmentVariable(name) };
        configure?.Invoke(options);
        if (masksLogs) builder.Services.Mask(options.Masks ??= builder.Services.Masks() ?? new());
        var shared = new HostedSecrets(options);
        try
        {
            builder.Configuration.Add(new MillConfigurationSource(options, shared));
        }
        catch
        {
            shared.Dispose();
            throw;
        }
        builder.Services.Add(new SecretsRegistration(null), _ => shared);
        builder.Services.AddHealthChecks().AddMillSecrets();
        return builder;
    }

    /// <summary>The set that is among the services; null where none is, or where a function makes it.</summary>
    private static RedactionSet? Masks(this IServiceCollection services) =>
        services.LastOrDefault(service => !service.IsKeyedService && service.ServiceType == typeof(RedactionSet))?.ImplementationInstance as RedactionSet;

    /// <summary>Once for each set, however often secrets are added that it learns.</summary>
    private static void Mask(this IServiceCollection services, RedactionSet values)
    {
        services.TryAddSingleton(values);
        if (!services.Any(service => !service.IsKeyedService && service.ImplementationInstance is MaskedLogs masked && masked.Values == values)) services.AddLogging(logging => logging.AddMillRedaction(values));
    }
}
