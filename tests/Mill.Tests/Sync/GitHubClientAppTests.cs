using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>A client that is a GitHub App: what it asks for its tokens is subject to the same rules as all else.</summary>
public sealed class GitHubClientAppTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private GitHubFixture _github = null!;
    private FakeApp _app = null!;

    public async Task InitializeAsync()
    {
        _github = await GitHubFixture.StartAsync();
        _app = _github.Server.AddApp();
        _app.Install(_github.Acme, null, "secrets=write");
    }

    public async Task DisposeAsync() => await _github.DisposeAsync();

    [Fact]
    public async Task An_app_gets_itself_tokens_and_others_when_they_end()
    {
        var client = Connect();
        int Tokens() => _github.Server.Requests.Count(request => request.Path.EndsWith("/access_tokens", StringComparison.Ordinal));
        await GitHubFixture.SetAsync(client, _github.WebScope, "A", "1");
        await client.ListSecretsAsync(_github.WebScope, None);
        Assert.Equal(1, Tokens());
        _github.Time.Advance(TimeSpan.FromMinutes(56));
        await client.ListSecretsAsync(_github.WebScope, None);
        Assert.Equal(2, Tokens());
        _github.Server.RevokeInstallationTokens();
        await client.ListSecretsAsync(_github.WebScope, None);
        Assert.Equal(3, Tokens());
        var elsewhere = SecretScope.OfOrganization("other");
        Assert.Equal(MillError.Forbidden, (await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(elsewhere, None))).Error);
        var none = SecretValue.FromText("-----BEGIN NONSENSE");
        var broken = _github.Connect(new AppCredentials(_app.ClientId, none, _github.Time));
        var failure = await Assert.ThrowsAsync<MillException>(() => broken.ListSecretsAsync(_github.WebScope, None));
        Assert.Equal(MillError.Configuration, failure.Error);
        Assert.DoesNotContain("NONSENSE", failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/access_tokens", 403, 30)]
    [InlineData("/access_tokens", 429, 30)]
    [InlineData("/app/installations", 429, null)]
    public async Task A_refusal_of_a_token_is_obeyed(string path, int status, int? retryAfter)
    {
        var client = Connect();
        _github.Server.Inject(FakeFault.RateLimit(status, retryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null) with { When = request => request.Path.EndsWith(path, StringComparison.Ordinal), Times = 2 });
        await GitHubFixture.SetAsync(client, _github.WebScope, "A", "1");
        Assert.Equal("1", _github.Web.Secrets.Text("A"));
        Assert.Empty(_github.Server.Violations);
        Assert.Equal(2, _github.Time.Waits.Count(wait => wait >= TimeSpan.FromSeconds(retryAfter ?? 60)));
    }

    [Fact]
    public async Task A_token_that_has_to_be_waited_for_too_long_is_an_error_and_holds_back_everything_else()
    {
        var beta = _github.Server.AddOrganization("beta");
        _app.Install(beta, null, "secrets=write", "organization_secrets=write");
        var client = Connect();
        await client.ListSecretsAsync(_github.WebScope, None);
        _github.Server.Inject(FakeFault.RateLimit(429, TimeSpan.FromMinutes(50)) with { When = request => request.Path.EndsWith("/access_tokens", StringComparison.Ordinal) });
        var refused = await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(SecretScope.OfOrganization("beta"), None));
        Assert.Equal(MillError.RateLimited, refused.Error);
        Assert.True(refused.RetryAfter >= TimeSpan.FromMinutes(49), $"{refused.RetryAfter}");
        var requests = _github.Server.Requests.Count;
        Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(_github.WebScope, None))).Error);
        Assert.Equal(requests, _github.Server.Requests.Count);
        Assert.Empty(_github.Server.Violations);
    }

    [Fact]
    public async Task A_lost_answer_is_asked_for_again()
    {
        var client = Connect();
        _github.Server.Inject(FakeFault.Error(502) with { When = request => request.Path.EndsWith("/installations", StringComparison.Ordinal) });
        _github.Server.Inject(FakeFault.DropAnswer() with { When = request => request.Path.EndsWith("/access_tokens", StringComparison.Ordinal) });
        await GitHubFixture.SetAsync(client, _github.WebScope, "A", "1");
        Assert.Equal("1", _github.Web.Secrets.Text("A"));
    }

    [Fact]
    public async Task An_app_that_GitHub_does_not_know_is_told_of_as_such()
    {
        using var key = SecretValue.FromText(_app.PrivateKeyPem);
        var unknown = await Assert.ThrowsAsync<MillException>(() => _github.Connect(new AppCredentials("1", key, _github.Time)).ListSecretsAsync(_github.WebScope, None));
        var other = _github.Server.AddApp("other");
        var forged = await Assert.ThrowsAsync<MillException>(() => _github.Connect(new AppCredentials(other.ClientId, key, _github.Time)).ListSecretsAsync(_github.WebScope, None));
        Assert.Equal((MillError.Unauthenticated, MillError.Unauthenticated), (unknown.Error, forged.Error));
        Assert.All((MillException[])[unknown, forged], failure => Assert.Contains("one of its keys", failure.Hint, StringComparison.Ordinal));
    }

    private GitHubClient Connect() => _github.Connect(new AppCredentials(_app.ClientId, SecretValue.FromText(_app.PrivateKeyPem), _github.Time));
}
