using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Secrets.Providers;

namespace Mill.Client.Providers;

/// <summary>Lets <c>vault</c> stand in <c>SECRET_PROVIDER_CHAIN</c>.</summary>
public static class VaultProviders
{
    /// <summary>The server; by default <see cref="MillClientOptions.DefaultAddress"/>.</summary>
    public const string AddressSetting = "MILL_ADDRESS";

    /// <summary>The token.</summary>
    public const string TokenSetting = "MILL_TOKEN";

    /// <summary>A file with the token, read again whenever the token is refused.</summary>
    public const string TokenFileSetting = "MILL_TOKEN_FILE";

    /// <summary>The tenant; only operators may name one.</summary>
    public const string TenantSetting = "MILL_TENANT";

    /// <summary>The file with the one authority whose servers are believed.</summary>
    public const string AuthoritySetting = "MILL_CACERT";

    /// <summary>What the names in the vault begin with, and the keys do not.</summary>
    public const string PrefixSetting = "SECRET_VAULT_PREFIX";

    /// <summary>A file to keep the last good values in, sealed; with it, a start does without the vault.</summary>
    public const string LastGoodSetting = "SECRET_VAULT_LAST_GOOD";

    private const string Name = "vault";

    /// <summary>Adds <c>vault</c>. What it makes throws <see cref="SecretConfigurationException"/> where the settings cannot be meant, and otherwise as <see cref="VaultProvider.OpenAsync"/> does.</summary>
    /// <param name="adjust">May change what the settings came to; null for that as it is.</param>
    public static SecretProviderRegistry AddVault(this SecretProviderRegistry registry, Func<VaultProviderOptions, VaultProviderOptions>? adjust = null) =>
        registry.Add(Name, async (settings, cancellationToken) =>
        {
            var options = Options(settings);
            return await VaultProvider.OpenAsync(adjust is null ? options : adjust(options), cancellationToken).ConfigureAwait(false);
        });

    private static VaultProviderOptions Options(Func<string, string?> settings)
    {
        var (token, tokenFile, lastGood) = (Text(settings, TokenSetting), Text(settings, TokenFileSetting), Text(settings, LastGoodSetting));
        if (token is null && tokenFile is null)
            throw new SecretConfigurationException(Name, $"The provider \"{Name}\" needs {TokenSetting} or {TokenFileSetting}.") { Hint = "Make a token with: mill token create --subject app --role reader" };
        return new()
        {
            Server = new() { Address = Address(settings), Token = token, Tenant = Text(settings, TenantSetting), Authority = Authority(settings) },
            TokenFile = tokenFile,
            Prefix = Text(settings, PrefixSetting) ?? "",
            LastGoodFile = lastGood,
            Start = lastGood is null ? VaultStart.Required : VaultStart.LastGood,
        };
    }

    private static Uri Address(Func<string, string?> settings)
    {
        if (Text(settings, AddressSetting) is not { } text) return MillClientOptions.DefaultAddress;
        if (!text.Contains("://", StringComparison.Ordinal)) text = $"{(Text(settings, AuthoritySetting) is null ? "http" : "https")}://{text}";
        // Not repeated: somebody may have put a password into it.
        return Uri.TryCreate(text, UriKind.Absolute, out var address) && address is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "", AbsolutePath: "/" }
            ? address
            : throw new SecretConfigurationException(Name, $"{AddressSetting} is not the address of a server.") { Hint = $"Such as {MillClientOptions.DefaultAddress}" };
    }

    private static X509Certificate2? Authority(Func<string, string?> settings)
    {
        if (Text(settings, AuthoritySetting) is not { } file) return null;
        try
        {
            return X509CertificateLoader.LoadCertificateFromFile(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new SecretConfigurationException(Name, $"{AuthoritySetting} is \"{file}\", which holds no certificate that can be read.", e) { Hint = "A cluster's is in DATA_DIR/ca.crt on every node." };
        }
    }

    private static string? Text(Func<string, string?> settings, string name) => settings(name)?.Trim() is { Length: > 0 } text ? text : null;
}
