using Mill.Client.Providers;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.ClusterTests.Providers;

/// <summary>The vault is away: at the start, in the middle; or it does not want this token any more.</summary>
public sealed class VaultOutageTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private readonly VaultServer _vault = new();

    public Task InitializeAsync() => _vault.InitializeAsync();

    public Task DisposeAsync() => _vault.DisposeAsync();

    public void Dispose() => _vault.Dispose();

    private string TokenFile => _vault.PathOf("token");

    [Fact]
    public async Task The_last_good_value_is_given_while_the_vault_is_away_and_the_new_one_is_told_once_when_it_is_back()
    {
        await _vault.SetAsync("a", "1");
        await using var provider = await _vault.OpenAsync();
        await VaultServer.GivesAsync(provider, "a", "1");
        await VaultServer.GivesAsync(provider, "none", null);
        await using var watch = new ChangeReader(provider);
        await _vault.StopAsync();
        await VaultServer.FailsAsync(provider);
        await AssertStaleAsync(provider, "1");
        Assert.Equal(SecretLookupStatus.Unavailable, (await provider.TryGetAsync("none")).Status);
        Assert.Equal(SecretLookupStatus.Unavailable, (await provider.TryGetAsync("never asked")).Status);
        var keys = await provider.KeysAsync();
        Assert.Equal((false, "a"), (keys.IsComplete, Assert.Single(keys.Keys)));
        using var value = SecretValue.FromText("x");
        await Assert.ThrowsAsync<SecretUnavailableException>(async () => await provider.SetAsync("a", value));

        await _vault.AsideAsync(vault => vault.SetAsync("a", "2"));
        await _vault.StartAsync();
        await VaultServer.GivesAsync(provider, "a", "2");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "a"));
        await _vault.SetAsync("b", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
        Assert.Null(provider.LastError);
    }

    [Fact]
    public async Task What_must_answer_at_the_start_and_does_not_is_an_error_and_what_may_answer_later_is_waited_for()
    {
        await _vault.SetAsync("a", "1");
        await _vault.StopAsync();
        var options = _vault.Options() with { StartTimeout = Short, LastGoodFile = _vault.PathOf("last-good") };
        foreach (var start in new[] { VaultStart.Required, VaultStart.LastGood })
        {
            var refused = await Assert.ThrowsAsync<SecretUnavailableException>(async () => await VaultProvider.OpenAsync(options with { Start = start }));
            Assert.Equal((MillError.Unreachable, "vault"), (refused.Error, refused.Provider));
        }
        await using var provider = await VaultProvider.OpenAsync(options with { Start = VaultStart.Optional });
        Assert.IsType<SecretUnavailableException>((await provider.TryGetAsync("a")).Error);
        await _vault.StartAsync();
        await VaultServer.IsWellAsync(provider);
        await VaultServer.GivesAsync(provider, "a", "1");
    }

    [Fact]
    public async Task A_vault_that_is_away_at_the_start_is_replaced_by_what_it_said_last()
    {
        await _vault.SetAsync("a", "1");
        await _vault.SetAsync("gone", "1");
        var options = _vault.Options() with { Start = VaultStart.LastGood, StartTimeout = Short, LastGoodFile = _vault.PathOf("last-good") };
        await using (var before = await VaultProvider.OpenAsync(options with { StartTimeout = TimeSpan.FromSeconds(30) }))
        {
            await VaultServer.GivesAsync(before, "a", "1");
            await VaultServer.GivesAsync(before, "gone", "1");
        }
        await _vault.StopAsync();
        await using var provider = await VaultProvider.OpenAsync(options);
        await using var watch = new ChangeReader(provider);
        await AssertStaleAsync(provider, "1");
        await _vault.AsideAsync(async vault =>
        {
            await vault.SetAsync("a", "2");
            await vault.SetAsync("gone", null);
        });
        await _vault.StartAsync();
        await VaultServer.GivesAsync(provider, "a", "2");
        await VaultServer.GivesAsync(provider, "gone", null);
        SecretChange?[] told = [await watch.NextAsync(), await watch.NextAsync()];
        Assert.Equal(["Removed: gone", "Rotated: a"], told.Select(change => $"{change}").Order(StringComparer.Ordinal));
        await _vault.SetAsync("b", "1");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "b"));
    }

    [Fact]
    public async Task A_token_is_exchanged_when_the_old_one_was_revoked()
    {
        await _vault.SetAsync("a", "1");
        var (first, second) = (await _vault.CreateTokenAsync(), await _vault.CreateTokenAsync());
        await File.WriteAllTextAsync(TokenFile, first.Token + "\n");
        await using var provider = await VaultProvider.OpenAsync(_vault.Options() with { TokenFile = TokenFile });
        await VaultServer.GivesAsync(provider, "a", "1");
        await _vault.RevokeAsync(first.Id);
        await File.WriteAllTextAsync(TokenFile, "half a\ntok"); // as one finds it while it is being written
        await _vault.SetAsync("a", "2");
        await VaultServer.FailsAsync(provider);
        Assert.IsType<SecretConfigurationException>((await provider.TryGetAsync("never asked")).Error);
        await AssertStaleAsync(provider, "1");
        await File.WriteAllTextAsync(TokenFile, second.Token);
        await VaultServer.GivesAsync(provider, "a", "2");
        await VaultServer.GivesAsync(provider, "never_asked", null);
    }

    [Fact]
    public async Task A_token_is_exchanged_when_the_old_one_has_expired()
    {
        await _vault.SetAsync("a", "1");
        var (_, token) = await _vault.CreateTokenAsync(expiresIn: "10s");
        await File.WriteAllTextAsync(TokenFile, token);
        await using var provider = await VaultProvider.OpenAsync(_vault.Options() with { TokenFile = TokenFile });
        await VaultServer.GivesAsync(provider, "a", "1");
        using (var holder = new MillApi(_vault.Address.ToString(), token))
            await Until.TrueAsync("the token has expired", TimeSpan.FromSeconds(60), async () => (await holder.GetAsync("/v1/secrets/a")).Status == 401);
        await _vault.SetAsync("a", "2");
        await VaultServer.FailsAsync(provider);
        Assert.IsType<SecretConfigurationException>((await provider.TryGetAsync("never asked")).Error);
        await AssertStaleAsync(provider, "1");
        await File.WriteAllTextAsync(TokenFile, (await _vault.CreateTokenAsync()).Token);
        await VaultServer.GivesAsync(provider, "a", "2");
    }

    [Fact]
    public async Task A_token_that_is_refused_is_said_to_be_and_one_that_comes_later_is_taken()
    {
        await _vault.SetAsync("a", "1");
        var (id, token) = await _vault.CreateTokenAsync();
        await _vault.RevokeAsync(id);
        var options = _vault.Options(token) with { TokenFile = TokenFile };
        foreach (var start in new[] { VaultStart.Required, VaultStart.LastGood })
        {
            var refused = await Assert.ThrowsAsync<SecretConfigurationException>(async () => await VaultProvider.OpenAsync(options with { Start = start }));
            Assert.DoesNotContain(token, refused.ToString(), StringComparison.Ordinal);
        }
        await using var provider = await VaultProvider.OpenAsync(options with { Start = VaultStart.Optional });
        Assert.IsType<SecretConfigurationException>((await provider.TryGetAsync("a")).Error);
        await File.WriteAllTextAsync(TokenFile, (await _vault.CreateTokenAsync()).Token);
        await VaultServer.IsWellAsync(provider);
        await VaultServer.GivesAsync(provider, "a", "1");
    }

    [Fact]
    public async Task What_can_never_be_asked_is_refused_before_anything_is_sent()
    {
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await VaultProvider.OpenAsync(_vault.Options("two\nlines") with { Start = VaultStart.Optional }));
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await VaultProvider.OpenAsync(new() { Server = new() { Address = new("ftp://localhost") }, Start = VaultStart.Optional }));
    }

    private static async Task AssertStaleAsync(VaultProvider provider, string value)
    {
        var lookup = await provider.TryGetAsync("a");
        Assert.NotNull(lookup.Error);
        Assert.Equal((SecretLookupStatus.Found, value), (lookup.Status, VaultServer.Text(lookup)));
    }
}
