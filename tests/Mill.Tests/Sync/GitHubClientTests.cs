using System.Security.Cryptography;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Testing.GitHub;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>What is set, listed and refused, against a server that keeps GitHub's rules.</summary>
public sealed class GitHubClientTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task What_is_set_is_there_byte_for_byte()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        var bytes = RandomNumberGenerator.GetBytes(GitHubSecretName.LongestValue);
        using var value = SecretValue.FromBytes(bytes);
        Assert.True(await GitHubFixture.SetAsync(client, github.WebScope, "key", value));
        Assert.False(await GitHubFixture.SetAsync(client, github.WebScope, "KEY", value));
        Assert.Equal(bytes, github.Web.Secrets.Value("KEY"));
        await GitHubFixture.SetAsync(client, github.WebScope, "EMPTY", "");
        Assert.Empty(github.Web.Secrets.Value("EMPTY")!);
        Assert.Equal(["EMPTY", "KEY"], (await client.ListSecretsAsync(github.WebScope, None)).Select(secret => secret.Name));
        await GitHubFixture.DeleteAsync(client, github.WebScope, "key");
        Assert.Null((await client.LookAsync(github.WebScope, "KEY", None)).Secret);
        Assert.Empty(github.Server.Violations);
    }

    [Theory]
    [InlineData("dependabot")]
    [InlineData("codespaces")]
    [InlineData("environment")]
    [InlineData("organization")]
    public async Task Each_store_has_its_own(string kind)
    {
        await using var github = await GitHubFixture.StartAsync();
        var environment = github.Web.AddEnvironment("eu/prod ä");
        var (scope, store) = kind switch
        {
            "dependabot" => (SecretScope.Of(github.WebName, SecretStore.Dependabot), github.Web.Store(FakeStore.Dependabot)),
            "codespaces" => (SecretScope.Of(github.WebName, SecretStore.Codespaces), github.Web.Store(FakeStore.Codespaces)),
            "environment" => (SecretScope.Of(github.WebName, "eu/prod ä"), environment),
            _ => (SecretScope.OfOrganization("acme"), github.Acme.Secrets),
        };
        var client = github.Connect();
        await GitHubFixture.SetAsync(client, scope, "KEY", kind);
        Assert.Equal(kind, store.Text("KEY"));
        Assert.Empty(github.Web.Secrets.Names);
        Assert.Equal("KEY", Assert.Single(await client.ListSecretsAsync(scope, None)).Name);
    }

    [Fact]
    public async Task Who_sees_a_secret_of_the_organization_stays_as_it_is()
    {
        await using var github = await GitHubFixture.StartAsync();
        var other = github.Acme.AddRepository("other");
        github.Acme.Secrets.Put("SOME", "1"u8, "selected", other);
        github.Acme.Secrets.Put("ALL", "1"u8);
        var client = github.Connect();
        foreach (var name in (string[])["SOME", "ALL", "NEW"]) await GitHubFixture.SetAsync(client, SecretScope.OfOrganization("acme"), name, "2");
        Assert.Equal(("2", "selected"), (github.Acme.Secrets.Text("SOME"), github.Acme.Secrets.Find("SOME")!.Visibility));
        Assert.Equal([other.Id], github.Acme.Secrets.Find("SOME")!.Selected);
        Assert.Equal(("all", "private"), (github.Acme.Secrets.Find("ALL")!.Visibility, github.Acme.Secrets.Find("NEW")!.Visibility));
    }

    [Fact]
    public async Task A_key_that_is_exchanged_between_reading_and_writing_is_read_again()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "1");
        github.Web.Secrets.RotateKey();
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "2");
        Assert.Equal("2", github.Web.Secrets.Text("A"));
    }

    [Fact]
    public async Task A_key_that_is_exchanged_again_and_again_is_given_up()
    {
        await using var github = await GitHubFixture.StartAsync();
        github.Server.Inject(FakeFault.Error() with
        {
            Times = int.MaxValue,
            When = request =>
            {
                if (request.IsWrite) github.Web.Secrets.RotateKey();
                return false;
            },
        });
        var failure = await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(github.Connect(), github.WebScope, "A", "1"));
        Assert.Equal(MillError.InvalidRequest, failure.Error);
        Assert.Equal(2, github.Server.Requests.Count(request => request.IsWrite));
        Assert.Empty(github.Web.Secrets.Names);
    }

    [Theory]
    [InlineData(SecretStore.Actions)]
    [InlineData(SecretStore.Dependabot)]
    [InlineData(SecretStore.Codespaces)]
    public async Task Those_who_see_a_secret_of_an_organization_see_what_is_written_over_it(SecretStore store)
    {
        await using var github = await GitHubFixture.StartAsync();
        var secrets = github.Acme.Store(Enum.Parse<FakeStore>(store.ToString()));
        secrets.Put("SOME", "1"u8, "selected", github.Web);
        await GitHubFixture.SetAsync(github.Connect(), SecretScope.OfOrganization("acme", store), "SOME", "2");
        Assert.Equal(("2", "selected"), (secrets.Text("SOME"), secrets.Find("SOME")!.Visibility));
        Assert.Equal([github.Web.Id], secrets.Find("SOME")!.Selected);
    }

    [Fact]
    public async Task What_GitHub_does_not_take_is_not_sent()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        using var large = SecretValue.FromBytes(new byte[GitHubSecretName.LongestValue + 1]);
        Assert.Equal(MillError.TooLarge, (await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(client, github.WebScope, "A", large))).Error);
        foreach (var name in (string[])["", "1A", "A-B", "GITHUB_A", "Ä"])
            Assert.Equal(MillError.InvalidName, (await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(client, github.WebScope, name, "1"))).Error);
        Assert.Empty(github.Server.Requests);
    }

    [Fact]
    public async Task A_list_is_whole_or_an_error()
    {
        await using var github = await GitHubFixture.StartAsync();
        for (var i = 0; i < 250; i++) github.Acme.Secrets.Put($"SECRET_{i}", "1");
        var client = github.Connect();
        Assert.Equal(250, (await client.ListInheritedSecretsAsync(github.WebName, None)).Count);
        Assert.Equal(3, github.Server.Requests.Count);
        github.Server.Inject(FakeFault.ErrorOnPage(2));
        var failure = await Assert.ThrowsAsync<MillException>(() => client.ListInheritedSecretsAsync(github.WebName, None));
        Assert.Equal(MillError.Unreachable, failure.Error);
        Assert.Empty(github.Server.Violations);
    }

    [Fact]
    public async Task What_has_not_changed_is_not_sent_again()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Web.Secrets.Put("A", "1");
        for (var i = 0; i < 3; i++) Assert.Single(await client.ListSecretsAsync(github.WebScope, None));
        github.Web.Secrets.Put("B", "1");
        Assert.Equal(2, (await client.ListSecretsAsync(github.WebScope, None)).Count);
        Assert.Equal([200, 304, 304, 200], github.Server.Requests.Select(request => request.Status));
        Assert.All(github.Server.Requests, request => Assert.Equal("no-cache", request.Header("Cache-Control")));
        Assert.All(github.Server.Requests, request => Assert.Equal(("application/vnd.github+json", "2022-11-28"), (request.Header("Accept"), request.Header("X-GitHub-Api-Version"))));
    }

    [Fact]
    public async Task A_refusal_says_what_the_token_lacks()
    {
        await using var github = await GitHubFixture.StartAsync();
        var reader = github.Connect(github.Server.AddToken(FakeToken.FineGrained("acme", "secrets=read")));
        var refused = await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(reader, github.WebScope, "A", "1"));
        Assert.Equal(MillError.Forbidden, refused.Error);
        Assert.Contains("secrets=write", refused.Hint, StringComparison.Ordinal);

        var stranger = github.Connect(github.Server.AddToken(FakeToken.Classic(["other"], "repo")));
        var unseen = await Assert.ThrowsAsync<MillException>(() => stranger.ListSecretsAsync(github.WebScope, None));
        Assert.Equal(MillError.NotFound, unseen.Error);
        Assert.Contains("may not see", unseen.Message, StringComparison.Ordinal);

        var revoked = FakeToken.Classic(["acme"], "repo");
        Assert.Equal(MillError.Unauthenticated, (await Assert.ThrowsAsync<MillException>(() => github.Connect(revoked).ListSecretsAsync(github.WebScope, None))).Error);
        var missing = await Assert.ThrowsAsync<MillException>(() => github.Connect().ListSecretsAsync(SecretScope.Of(github.WebName, "nowhere"), None));
        Assert.Equal(MillError.NotFound, missing.Error);
    }

    [Fact]
    public async Task A_lost_answer_to_a_write_is_looked_for_and_an_event_is_sent_once()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Server.Inject(FakeFault.DropAnswer() with { When = request => request.IsWrite });
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "1");
        Assert.Equal("1", github.Web.Secrets.Text("A"));
        github.Server.Inject(FakeFault.DropAnswer());
        var unknown = await Assert.ThrowsAsync<MillException>(() => client.DispatchAsync(github.WebName, "export-secret", new("1", "acme/web", ["A"], "A"), None));
        Assert.Equal(MillError.OutcomeUnknown, unknown.Error);
        Assert.Single(github.Server.Dispatches);
        Assert.Empty(github.Server.Violations);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"total_count":1,"secrets":[{"name":null}]}""")]
    [InlineData("null")]
    [InlineData("<html>")]
    public async Task What_is_no_answer_of_GitHub_is_an_error_that_says_so(string body)
    {
        await using var other = await FakeMill.StartAsync();
        other.On("GET /repos/acme/web/actions/secrets?per_page=100", body);
        other.On("GET /repos/acme/web/actions/secrets/public-key", body);
        var credentials = new TokenCredentials(SecretValue.FromText("t"));
        using var client = new GitHubClient(new() { Address = other.Address, Credentials = credentials });
        var scope = SecretScope.Of(RepositoryName.TryParse("acme/web", out var name) ? name : throw new InvalidOperationException());
        Assert.Equal(MillError.Internal, (await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(scope, None))).Error);
        Assert.Equal(MillError.Internal, (await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(client, scope, "A", "1"))).Error);
    }

    [Fact]
    public async Task A_page_elsewhere_is_not_asked_for()
    {
        await using var other = await FakeMill.StartAsync();
        await using var stranger = await FakeMill.StartAsync();
        other.On("GET /repos/acme/web/actions/secrets?per_page=100", async context =>
        {
            context.Response.Headers.Link = $"<{stranger.Address}?page=2>; rel=\"next\"";
            await FakeMill.WriteAsync(context, 200, "application/json", """{"total_count":0,"secrets":[]}""");
        });
        var credentials = new TokenCredentials(SecretValue.FromText("t"));
        using var client = new GitHubClient(new() { Address = other.Address, Credentials = credentials });
        var scope = SecretScope.Of(RepositoryName.TryParse("acme/web", out var name) ? name : throw new InvalidOperationException());
        Assert.Equal(MillError.Internal, (await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(scope, None))).Error);
        Assert.Empty(stranger.Seen);
    }

    [Fact]
    public async Task An_answer_without_end_is_told_as_such_and_asked_for_once()
    {
        await using var other = await FakeMill.StartAsync();
        other.On("GET /repos/acme/web/actions/secrets?per_page=100", new string(' ', (4 << 20) + 1));
        var credentials = new TokenCredentials(SecretValue.FromText("t"));
        using var client = new GitHubClient(new() { Address = other.Address, Credentials = credentials });
        var failure = await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(SecretScope.Of(RepositoryName.TryParse("acme/web", out var name) ? name : throw new InvalidOperationException()), None));
        Assert.Equal(MillError.Internal, failure.Error);
        Assert.Contains("longer than 4 MiB", failure.Message, StringComparison.Ordinal);
        Assert.Single(other.Seen);
    }
}
