using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Mill.Extensions;
using Mill.Extensions.Services;
using Mill.Secrets.Providers;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Secrets as a service.</summary>
public static class MillServiceCollectionExtensions
{
    /// <summary>
    /// Adds an <see cref="ISecretProvider"/>, one for the whole application. It is opened when the host starts, which fails where what <see cref="MillSecretsOptions.Start"/> demands is not there in time; without
    /// a host it is opened at first use. Options that cannot be meant are an <see cref="OptionsValidationException"/>.
    /// </summary>
    public static IServiceCollection AddMillSecrets(this IServiceCollection services, Action<MillSecretsOptions>? configure = null) => services.Add(new SecretsRegistration(null), configure);

    /// <summary>Adds another one, for <c>[FromKeyedServices]</c>: where there are several vaults.</summary>
    /// <param name="key">Also the name of its options, and by default how messages call it.</param>
    public static IServiceCollection AddKeyedMillSecrets(this IServiceCollection services, object key, Action<MillSecretsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(key);
        return services.Add(new SecretsRegistration(key), options =>
        {
            options.Name = $"{key}";
            configure?.Invoke(options);
        });
    }

    private static IServiceCollection Add(this IServiceCollection services, SecretsRegistration registration, Action<MillSecretsOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MillSecretsOptions>, SecretsOptionsRules>());
        services.AddOptions<MillSecretsOptions>(registration.OptionsName)
            .Configure<IServiceProvider>(static (options, provider) => options.Time = provider.GetService<TimeProvider>() ?? options.Time)
            .Configure(options => configure?.Invoke(options))
            .ValidateOnStart();
        return services.Add(registration, registration.Make);
    }

    /// <summary>What a function makes is the container's, and disposed with it.</summary>
    internal static IServiceCollection Add(this IServiceCollection services, SecretsRegistration registration, Func<IServiceProvider, ISecretProvider> make)
    {
        services.AddLogging();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SecretsStart>());
        services.AddSingleton(registration);
        return registration.Key is null ? services.AddSingleton(make) : services.AddKeyedSingleton(registration.Key, (provider, _) => make(provider));
    }
}
