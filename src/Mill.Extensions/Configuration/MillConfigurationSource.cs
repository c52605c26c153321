using Mill.Extensions.Services;
using Mill.Secrets.Providers;
using Microsoft.Extensions.Configuration;

namespace Mill.Extensions.Configuration;

/// <summary>Secrets as settings. Each build opens the place anew, and each of the results closes its own.</summary>
internal sealed class MillConfigurationSource(MillConfigurationOptions options, HostedSecrets? shared = null) : IConfigurationSource
{
    /// <summary>Begins to read: where there are several sources, they do so at the same time.</summary>
    public IConfigurationProvider Build(IConfigurationBuilder builder)
    {
        if (options.Problems().ToList() is { Count: > 0 } problems) throw new SecretConfigurationException(options.Name, string.Join(' ', problems));
        var provider = new MillConfigurationProvider(options, shared ?? new HostedSecrets(options), isShared: shared is not null);
        provider.Begin();
        return provider;
    }
}
