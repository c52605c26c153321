using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Vault.Tokens;
using Xunit;

namespace Mill.Tests.Vault.Tokens;

public sealed class TokenTests
{
    [Fact]
    public void A_token_reads_back_and_no_two_are_alike()
    {
        var tokens = Enumerable.Range(0, 100).Select(_ => TokenText.Generate()).ToList();
        Assert.Equal(100, tokens.DistinctBy(token => token.Secret).Count());
        foreach (var token in tokens)
        {
            Assert.True(TokenText.TryParse(token.Reveal(), out var again));
            Assert.Equal(token, again);
            Assert.DoesNotContain(token.Secret, token.ToString(), StringComparison.Ordinal);
            Assert.Equal(token.HashSecret(), again.HashSecret());
        }
    }

    [Fact]
    public void What_is_no_token_is_none()
    {
        var text = TokenText.Generate().ToString();
        string[] others = ["", "mill_", text[1..], text[..^1], text + "0", text.ToUpperInvariant(), text.Replace("mill_", "Mill_", StringComparison.Ordinal), text[..^1] + "_", text[..^1] + "é", text[..17] + "-" + text[18..]];
        Assert.All(others, other => Assert.False(TokenText.TryParse(other, out _), other));
    }

    [Fact]
    public async Task Only_the_right_token_is_let_in_and_only_until_it_ends()
    {
        await using var vault = await TestVault.OpenAsync();
        var created = await CreateAsync(vault, TimeSpan.FromHours(1), key: null);
        Assert.Equal("ci", (await vault.Host.Tokens.AuthenticateAsync(created.Token, null, ReadLevel.Linearizable, default))?.Subject);
        var other = TokenText.TryParse(created.Token, out var text) ? text with { Secret = TokenText.Generate().Secret } : default;
        Assert.Null(await vault.Host.Tokens.AuthenticateAsync(other.ToString(), null, ReadLevel.Linearizable, default));
        Assert.Null(await vault.Host.Tokens.AuthenticateAsync(TokenText.Generate().ToString(), null, ReadLevel.Linearizable, default));
        Assert.Null(await vault.Host.Tokens.AuthenticateAsync("", null, ReadLevel.Linearizable, default));
        vault.Time.Advance(TimeSpan.FromHours(1) + TimeSpan.FromMilliseconds(1));
        Assert.Null(await vault.Host.Tokens.AuthenticateAsync(created.Token, null, ReadLevel.Linearizable, default));
    }

    [Fact]
    public async Task Only_an_operator_may_name_another_tenant()
    {
        await using var vault = await TestVault.OpenAsync();
        var (reader, admin) = (await CreateAsync(vault, null, null), await CreateAsync(vault, null, null, Role.Operator));
        var other = TenantId.Parse("other");
        Assert.Equal(other, (await vault.Host.Tokens.AuthenticateAsync(admin.Token, other, ReadLevel.Linearizable, default))?.Tenant);
        var refused = await Assert.ThrowsAsync<MillException>(async () => await vault.Host.Tokens.AuthenticateAsync(reader.Token, other, ReadLevel.Linearizable, default));
        Assert.Equal(MillError.Forbidden, refused.Error);
    }

    [Fact]
    public async Task A_retried_creation_shows_the_same_token_and_the_store_never_holds_it()
    {
        await using var vault = await TestVault.OpenAsync();
        var first = await CreateAsync(vault, null, "key-1");
        var again = await CreateAsync(vault, null, "key-1");
        Assert.Equal(first.Token, again.Token);
        Assert.Single((await vault.StateAsync()).Tokens);
        var secret = first.Token[^43..];
        foreach (var entry in (await vault.Store.ReadAsync("", default)).Entries)
            Assert.DoesNotContain(secret, System.Text.Encoding.UTF8.GetString(entry.Value.Span), StringComparison.Ordinal);
        await vault.Host.Tokens.RevokeAsync(TestVault.Operator, first.Record.Id, new("r"), default);
        Assert.Null(await vault.Host.Tokens.AuthenticateAsync(first.Token, null, ReadLevel.Linearizable, default));
    }

    private static async Task<CreatedToken> CreateAsync(TestVault vault, TimeSpan? expiresIn, string? key, Role role = Role.Reader) =>
        (await vault.Host.Tokens.CreateAsync(Samples.Caller(), new("ci", role, [], [], expiresIn), new("r", key), default)).Answer;
}
