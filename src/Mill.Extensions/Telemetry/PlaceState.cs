using Mill.Client.Providers;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Telemetry;

/// <summary>What a place says of itself that follows its secrets, whatever it answers to a single lookup.</summary>
/// <param name="Error">Null where it is well.</param>
internal readonly record struct PlaceState(string Name, SecretProviderException? Error)
{
    /// <summary>Of all places behind a provider that say something of themselves.</summary>
    public static IEnumerable<PlaceState> Of(ISecretProvider? provider) => provider switch
    {
        VaultProvider vault => [new(vault.Name, vault.LastError)],
        FileProvider file => [new(file.Name, file.LastError)],
        ChainedProvider chain => chain.Providers.SelectMany(Of),
        _ => [],
    };
}
