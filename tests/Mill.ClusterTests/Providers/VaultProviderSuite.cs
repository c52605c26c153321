using Mill.Testing;
using Xunit;

namespace Mill.ClusterTests.Providers;

/// <summary>Every test has a prefix of its own in one vault.</summary>
public sealed class VaultProviderSuite(VaultServer vault) : SecretProviderSuite, IClassFixture<VaultServer>
{
    protected override async ValueTask<ProviderUnderTest> OpenAsync(params (string Key, string Value)[] secrets)
    {
        var prefix = $"{Guid.NewGuid():N}/";
        foreach (var (key, value) in secrets) await vault.SetAsync(prefix + key, value);
        var provider = await vault.OpenAsync(prefix);
        return new(provider) { Change = (key, value) => ChangeAsync(key, value).GetAwaiter().GetResult() };

        async Task ChangeAsync(string key, string? value)
        {
            await vault.SetAsync(prefix + key, value);
            await VaultServer.GivesAsync(provider, key, value);
        }
    }
}
