using Microsoft.Extensions.Configuration;

namespace Mill.Extensions.Configuration;

/// <summary>The places that a configuration has secrets from.</summary>
internal static class ConfiguredSecrets
{
    public static IEnumerable<MillConfigurationProvider> Of(IConfiguration? configuration) => (configuration as IConfigurationRoot)?.Providers.SelectMany(Of) ?? [];

    private static IEnumerable<MillConfigurationProvider> Of(IConfigurationProvider provider) => provider switch
    {
        MillConfigurationProvider mill => [mill],
        ChainedConfigurationProvider chained => Of(chained.Configuration),
        _ => [],
    };
}
