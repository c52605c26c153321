using Mill.Client.Providers;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Services;

/// <summary>What the options ask for, as a function that opens it. A vault is never waited for here: whoever starts decides how long.</summary>
internal static class SecretOpening
{
    public static Func<CancellationToken, ValueTask<ISecretProvider>> Of(MillSecretsOptions options) => options switch
    {
        { Provider: { } provider } => _ => new(provider),
        { Create: { } create } => create,
        { Vault: { } vault } => async cancellationToken => await VaultProvider.OpenAsync(Adjust(vault, options), cancellationToken).ConfigureAwait(false),
        _ => cancellationToken => SecretProviders.FromConfigurationAsync(
            options.Settings ?? Environment.GetEnvironmentVariable,
            options.Registry ?? new SecretProviderRegistry().AddVault(vault => Adjust(vault, options)),
            cancellationToken),
    };

    private static VaultProviderOptions Adjust(VaultProviderOptions vault, MillSecretsOptions options) =>
        vault with
        {
            Start = VaultStart.Optional,
            // Of half of what a start has: then what is kept must do, wherever in a chain the vault stands.
            ListTimeout = vault.ListTimeout == Timeout.InfiniteTimeSpan ? options.StartTimeout / 2 : vault.ListTimeout,
            LastGoodFile = options.LastGoodFile ?? vault.LastGoodFile,
            Server = options.Time == TimeProvider.System ? vault.Server : vault.Server with { Time = options.Time },
        };
}
