using Mill.Client.Providers;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>A vault that does not take a secret.</summary>
public sealed class VaultRefusalTests
{
    [Theory]
    [InlineData(403, "forbidden")]
    [InlineData(413, "too_large")]
    public async Task What_the_vault_refuses_does_not_end_in_a_file_below_it(int status, string code)
    {
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill);
        mill.Fail("PUT /v1/secrets/a", status, code);
        mill.Fail("PUT /v1/secrets/no%20name", 400, "invalid_name");
        var below = new MemoryProvider();
        await using var chain = new ChainedProvider([new(await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } })), new(below)]);
        using var value = SecretValue.FromText("canary-31");
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await chain.SetAsync("a", value));
        Assert.DoesNotContain("canary-31", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(SecretLookupStatus.NotFound, (await below.TryGetAsync("a")).Status);
        await chain.SetAsync("no name", value); // no vault has a secret of this name
        using var stored = await below.GetAsync("no name");
        Assert.Equal(value, stored);
    }
}
