using Mill.Commands;
using Mill.Secrets;
using Mill.Testing.GitHub;
using Mill.Tests.Server.Fixture;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>Which GitHub the commands ask, and as whom.</summary>
public sealed class SyncConnectionTests : IAsyncLifetime, IDisposable
{
    private readonly TestDirectory _directory = new();
    private TestServer _vault = null!;
    private FakeGitHub _github = null!;
    private FakeOwner _acme = null!;
    private FakeRepository _web = null!;

    public async Task InitializeAsync()
    {
        _vault = await TestServer.StartAsync();
        _github = await FakeGitHub.StartAsync();
        _acme = _github.AddOrganization("acme");
        _web = _acme.AddRepository("web");
    }

    public async Task DisposeAsync()
    {
        await _github.DisposeAsync();
        await _vault.DisposeAsync();
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_app_checks_and_pushes()
    {
        await StoreAsync();
        var app = AppSession();
        Assert.Equal(3, await app.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        app = AppSession();
        Assert.True(await app.RunAsync("sync", "push") is 0, app.Error);
        Assert.Equal("1", _web.Secrets.Text("A"));
        Assert.Empty(_github.Violations);
    }

    [Fact]
    public async Task A_push_ends_where_the_app_gets_no_token_for_long()
    {
        await StoreAsync();
        _github.Inject(FakeFault.RateLimit(429, TimeSpan.FromHours(1)) with { When = request => request.Path.EndsWith("/access_tokens", StringComparison.Ordinal) });
        var app = AppSession();
        Assert.Equal(10, await app.RunAsync("sync", "push"));
        Assert.Contains("GitHub takes no more requests for", app.Error, StringComparison.Ordinal);
        Assert.Equal(2, _github.Requests.Count);
        Assert.Empty(_github.Violations);
    }

    [Fact]
    public async Task The_key_of_an_app_is_its_owners_alone()
    {
        var session = AppSession();
        File.SetUnixFileMode(_directory.File("app.pem"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Equal(7, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Contains("can be read by others than its owner", session.Error, StringComparison.Ordinal);
        Assert.Contains("hint: chmod 600", session.Error, StringComparison.Ordinal);
        Assert.Empty(_github.Requests);
    }

    [Theory]
    [InlineData("MILL_GITHUB_APP_ID", null, "MILL_GITHUB_APP_KEY_FILE is set, and MILL_GITHUB_APP_ID is not.")]
    [InlineData("MILL_GITHUB_APP_KEY_FILE", null, "MILL_GITHUB_APP_ID is set, and MILL_GITHUB_APP_KEY_FILE is not.")]
    [InlineData("MILL_GITHUB_APP_KEY_FILE", "nowhere.pem", "cannot be read")]
    [InlineData("MILL_GITHUB_APP_ID", "a b", "neither the number of a GitHub App nor its client id")]
    public async Task An_app_is_its_id_and_its_key(string variable, string? value, string message)
    {
        var session = AppSession();
        if (value is null) session.Variables.Remove(variable);
        else session.Variables[variable] = value;
        Assert.Equal(2, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Contains(message, session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_holds_no_key_is_not_quoted()
    {
        var session = AppSession();
        await File.WriteAllTextAsync(_directory.File("app.pem"), "-----BEGIN CANARY");
        Assert.Equal(7, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Contains("The private key of the GitHub App", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("CANARY", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GITHUB_API_URL", "/api/v3")]
    [InlineData("GITHUB_SERVER_URL", "")]
    public async Task A_server_of_ones_own_is_checked_and_pushed_to(string variable, string path)
    {
        await StoreAsync();
        var session = TokenSession(variable, path);
        Assert.True(await session.RunAsync("sync", "push") is 0, session.Error);
        Assert.Equal("1", _web.Secrets.Text("A"));
        session = TokenSession(variable, path);
        Assert.True(await session.RunAsync("sync", "check", "A", "--repo", "acme/web") is 0, session.Error);
        Assert.All(_github.Requests, request => Assert.StartsWith("/api/v3/", request.Target, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null, null, null, "https://api.github.com/")]
    [InlineData("https://ghe.example/api/v3", "https://github.com", null, "https://ghe.example/api/v3/")]
    [InlineData("https://api.github.com", "https://github.com", "other.example", "https://other.example/api/v3/")]
    [InlineData(null, "https://github.com", "other.example", "https://other.example/api/v3/")]
    [InlineData(null, "https://ghe.example", null, "https://ghe.example/api/v3/")]
    [InlineData(null, null, "ghe.example", "https://ghe.example/api/v3/")]
    [InlineData(null, null, "github.com", "https://api.github.com/")]
    [InlineData(null, null, "acme.ghe.com", "https://api.acme.ghe.com/")]
    public void The_address_is_what_the_environment_says(string? api, string? server, string? host, string address)
    {
        var session = new Session();
        foreach (var (name, value) in new[] { ("GITHUB_API_URL", api), ("GITHUB_SERVER_URL", server), ("GH_HOST", host) })
        {
            if (value is not null) session.Variables[name] = value;
        }
        Assert.Equal(new Uri(address), GitHubConnection.Address(session.Host()));
    }

    [Theory]
    [InlineData("GITHUB_SERVER_URL", "ghe.example")]
    [InlineData("GITHUB_SERVER_URL", "http://ghe.example")]
    [InlineData("GH_HOST", "user@ghe.example")]
    public void What_is_no_address_is_named(string variable, string value)
    {
        var session = new Session { Variables = { [variable] = value } };
        Assert.Contains(variable, Assert.Throws<MillException>(() => GitHubConnection.Address(session.Host())).Message, StringComparison.Ordinal);
    }

    /// <summary>What a build waits for: each of these is a round trip.</summary>
    [Fact]
    public async Task A_secret_that_is_missing_takes_two_requests_to_find_out_and_five_to_bring()
    {
        await StoreAsync();
        Assert.Equal(3, await TokenSession("GITHUB_API_URL", "").RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Equal(2, _github.Requests.Count);
        Assert.Equal(0, await TokenSession("GITHUB_API_URL", "").RunAsync("sync", "push"));
        Assert.Equal(["GET", "GET", "GET", "PUT", "GET"], _github.Requests.Skip(2).Select(request => request.Method));
        Assert.Equal(0, await TokenSession("GITHUB_API_URL", "").RunAsync("sync", "push"));
        Assert.Equal(8, _github.Requests.Count);
    }

    [Fact]
    public async Task A_repository_that_somebody_else_was_given_gets_nothing_pushed()
    {
        await StoreAsync();
        _web.Transfer(_github.AddOrganization("other"));
        var session = TokenSession("GITHUB_API_URL", "");
        Assert.Equal(5, await session.RunAsync("sync", "push"));
        Assert.Contains("belongs to somebody else now, as other/web", session.Error + session.Output, StringComparison.Ordinal);
        Assert.Empty(_web.Secrets.Names);
    }

    private async Task StoreAsync()
    {
        await File.WriteAllTextAsync(_directory.File("mill-sync.yaml"), "targets: [{to: acme/web, secrets: {A: a}}]\n");
        var session = Session();
        session.Input = "1"u8.ToArray();
        Assert.Equal(0, await session.RunAsync("secret", "set", "a", "-"));
    }

    private Session AppSession()
    {
        var app = _github.AddApp();
        app.Install(_acme, null, "secrets=write");
        var key = _directory.File("app.pem");
        File.WriteAllText(key, app.PrivateKeyPem);
        File.SetUnixFileMode(key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var session = Session();
        (session.Variables["MILL_GITHUB_APP_ID"], session.Variables["MILL_GITHUB_APP_KEY_FILE"], session.Variables["GITHUB_API_URL"]) = (app.ClientId, "app.pem", _github.Address.ToString());
        session.Variables["GITHUB_TOKEN"] = "that of the run";
        return session;
    }

    private Session TokenSession(string variable, string path)
    {
        var session = Session();
        session.Variables["GH_PAT"] = _github.AddToken(FakeToken.Classic(["acme", "other"], "repo")).Text;
        session.Variables[variable] = _github.Address.ToString().TrimEnd('/') + path;
        return session;
    }

    private Session Session() => new()
    {
        Directory = _directory.Path,
        Variables = { ["MILL_ADDRESS"] = _vault.Http.BaseAddress!.ToString(), ["MILL_TOKEN"] = _vault.OperatorToken },
    };
}
