using Mill.Client.Providers;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.ClusterTests.Providers;

/// <summary><c>vault</c> in <c>SECRET_PROVIDER_CHAIN</c>.</summary>
public sealed class VaultChainTests(VaultServer vault) : IClassFixture<VaultServer>
{
    private readonly string _prefix = $"{Guid.NewGuid():N}/";

    [Fact]
    public async Task Settings_make_a_chain_with_the_vault_in_it()
    {
        await vault.SetAsync(_prefix + "a", "1");
        await using var chain = await OpenAsync(("SECRET_PROVIDER_CHAIN", "memory,vault"), ("MILL_TOKEN", vault.Sandbox.Token!), ("SECRET_VAULT_PREFIX", _prefix));
        var lookup = await chain.TryGetAsync("a");
        Assert.Equal(("vault", "1"), (lookup.ResolvedFrom, VaultServer.Text(lookup)));
    }

    [Fact]
    public async Task The_token_may_be_in_a_file_and_the_last_good_values_are_kept_where_they_are_wanted()
    {
        await vault.SetAsync(_prefix + "a", "1");
        var file = vault.PathOf("kept");
        (string, string)[] settings = [("MILL_TOKEN_FILE", vault.Sandbox.TokenFile), ("SECRET_VAULT_PREFIX", _prefix), ("SECRET_VAULT_LAST_GOOD", file)];
        await using (var provider = await OpenAsync(settings)) await VaultServer.GivesAsync(provider, "a", "1");
        Assert.True(File.Exists(file));
    }

    [Theory]
    [InlineData("MILL_TOKEN_FILE")]
    [InlineData("MILL_ADDRESS", "MILL_ADDRESS", "ftp://localhost")]
    [InlineData("MILL_ADDRESS", "MILL_ADDRESS", "http://user:hunter2@localhost")]
    [InlineData("MILL_CACERT", "MILL_CACERT", "/nowhere/ca.crt")]
    public async Task Settings_that_cannot_be_meant_are_named(string named, string? setting = null, string value = "")
    {
        (string, string)[] settings = setting is null ? [] : [("MILL_TOKEN", "some"), (setting, value)];
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await OpenAsync(settings));
        Assert.Contains(named, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_being_added_it_is_no_provider_and_with_it_a_typo_is_understood()
    {
        var settings = new Dictionary<string, string> { ["SECRET_PROVIDER_CHAIN"] = "vault" };
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await SecretProviders.FromConfigurationAsync(settings));
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await OpenAsync(("SECRET_PROVIDER_CHAIN", "vualt")));
        Assert.Contains("did you mean \"vault\"?", refused.Message, StringComparison.Ordinal);
    }

    private ValueTask<ISecretProvider> OpenAsync(params (string Name, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["SECRET_PROVIDER_CHAIN"] = "vault", ["MILL_ADDRESS"] = vault.Address.ToString() };
        foreach (var (name, value) in settings) all[name] = value;
        return SecretProviders.FromConfigurationAsync(all, new SecretProviderRegistry().AddVault());
    }
}
