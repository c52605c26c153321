using Mill.Client.Providers;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Telemetry;

/// <summary>What a place says of itself that follows its secrets, whatever it answers to a single lookup.</summary>
/// <param name="Error">Null where it is well.</param>
/// <param name="Cached">How many secrets it keeps of those that are elsewhere.</param>
internal readonly record struct PlaceState(string Name, SecretProviderException? Error, int Cached)
{
    /// <summary>Of all places behind a provider that say something of themselves.</summary>
    public static IEnumerable<PlaceState> Of(ISecretProvider? provider) => provider switch
    {
        VaultProvider vault => [new(vault.Name, vault.LastError, vault.CachedCount)],
        FileProvider file => [new(file.Name, file.LastError, 0)],
        ChainedProvider chain => chain.Providers.SelectMany(Of),
        _ => [],
    };
}
