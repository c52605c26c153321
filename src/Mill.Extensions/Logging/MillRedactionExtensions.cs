using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Mill.Secrets.Redaction;

namespace Mill.Extensions.Logging;

/// <summary>Logs without secrets, whoever wrote them there.</summary>
public static class MillRedactionExtensions
{
    /// <summary>
    /// Masks the values that <paramref name="values"/> knows at that moment in everything that any provider is given: messages, the values of templates, scopes, and exceptions with their stacks, data and causes.
    /// Filters and settings of the providers stay as they are, and it does not matter whether they are added before or after. Who exchanges the <see cref="ILoggerFactory"/> itself does so before: a host
    /// with <c>AddMillSecrets</c> does not start where its logs go past the masks.
    /// </summary>
    public static ILoggingBuilder AddMillRedaction(this ILoggingBuilder builder, RedactionSet values)
    {
        var mask = new LogMask(values);
        builder.Services.AddSingleton(new MaskedLogs(values));
        // Otherwise the factory makes its own, which hands out the tags of activities past us.
        builder.Services.TryAddSingleton<IExternalScopeProvider>(services => new TrackingScopes(services.GetRequiredService<IOptions<LoggerFactoryOptions>>().Value.ActivityTrackingOptions));
        Wrap<IExternalScopeProvider>(builder.Services, scopes => new RedactingScopes(scopes, mask));
        Wrap<ILoggerFactory>(builder.Services, factory => new RedactingLoggerFactory(factory, mask, isOwner: false));
        return builder;
    }

    /// <summary>A factory whose loggers mask; it disposes the one it was made of. The tags of activities, where that one tracks them, are not masked: the other way does so.</summary>
    public static ILoggerFactory WithMillRedaction(this ILoggerFactory factory, RedactionSet values) => new RedactingLoggerFactory(factory, new(values), isOwner: true);

    /// <summary>Puts something around a service. The service itself stays the container's, under a key that nobody else has.</summary>
    private static void Wrap<TService>(IServiceCollection services, Func<TService, TService> wrap)
        where TService : class
    {
        var registered = services.Last(service => service.ServiceType == typeof(TService) && !service.IsKeyedService);
        var key = new object();
        services.Remove(registered);
        services.Add(registered switch
        {
            { ImplementationInstance: { } instance } => new(typeof(TService), key, instance),
            { ImplementationFactory: { } make } => new(typeof(TService), key, (container, _) => make(container), registered.Lifetime),
            _ => new(typeof(TService), key, registered.ImplementationType!, registered.Lifetime),
        });
        services.Add(new(typeof(TService), container => wrap(container.GetRequiredKeyedService<TService>(key)), registered.Lifetime));
    }
}
