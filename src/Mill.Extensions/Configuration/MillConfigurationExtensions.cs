using Mill.Extensions;
using Mill.Extensions.Configuration;
using Mill.Secrets.Providers;

namespace Microsoft.Extensions.Configuration;

/// <summary>Secrets as settings.</summary>
public static class MillConfigurationExtensions
{
    private const string Mask = "[secret]";

    /// <summary>
    /// Adds secrets as settings that follow their changes; by default those that <c>SECRET_PROVIDER_CHAIN</c> and its like in the environment ask for. Loading throws
    /// <see cref="SecretProviderException"/> where what <see cref="MillSecretsOptions.Start"/> demands is not there in time.
    /// </summary>
    public static IConfigurationBuilder AddMillSecrets(this IConfigurationBuilder builder, Action<MillConfigurationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new MillConfigurationOptions();
        configure?.Invoke(options);
        return builder.Add(new MillConfigurationSource(options));
    }

    /// <summary>Adds the secrets of a provider as settings. The provider stays its maker's, who disposes it after the configuration.</summary>
    public static IConfigurationBuilder AddMillSecrets(this IConfigurationBuilder builder, ISecretProvider provider, Action<MillConfigurationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        return builder.AddMillSecrets(options =>
        {
            (options.Provider, options.Name) = (provider, provider.Name);
            configure?.Invoke(options);
        });
    }

    /// <summary>As <see cref="ConfigurationRootExtensions.GetDebugView(IConfigurationRoot)"/>, without the values that come from secrets.</summary>
    /// <param name="show">What to show of other values; null for all of them.</param>
    public static string GetMaskedDebugView(this IConfigurationRoot root, Func<ConfigurationDebugViewContext, string>? show = null)
    {
        ArgumentNullException.ThrowIfNull(root);
        return root.GetDebugView(context => IsSecret(context.ConfigurationProvider, context.Path) ? Mask : show?.Invoke(context) ?? context.Value ?? "");
    }

    /// <summary>A configuration may stand within another; then it is the one inside that knows.</summary>
    private static bool IsSecret(IConfigurationProvider provider, string path) => provider switch
    {
        MillConfigurationProvider => true,
        ChainedConfigurationProvider { Configuration: IConfigurationRoot inner } => inner.Providers.LastOrDefault(one => one.TryGet(path, out var _)) is { } source && IsSecret(source, path),
        // What lies within a section cannot be told apart.
        ChainedConfigurationProvider => true,
        _ => false,
    };
}
