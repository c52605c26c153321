using System.Text.Json.Nodes;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Who may do what.</summary>
public sealed class FakeGitHubAccessTests
{
    private const string PublicSecrets = "/repos/acme/site/actions/secrets";

    [Theory]
    [InlineData("Bearer nobody", 401, "Bad credentials")]
    [InlineData("Basic YTpi", 401, "Bad credentials")]
    [InlineData(null, 404, "Not Found")]
    public async Task Somebody_unknown_sees_nothing_that_is_private(string? authorization, int status, string message)
    {
        await using var rig = await GitHubRig.StartAsync();

        var reply = await rig.SendAsync("GET", GitHubRig.WebSecrets, null, null, headers => headers.TryAddWithoutValidation("Authorization", authorization));

        Assert.Equal((status, message, $"{status}"), (reply.Status, reply.Message, reply.Text("status")));
        Assert.Equal("https://docs.github.com/rest", reply.Text("documentation_url"));
    }

    [Fact]
    public async Task Both_words_before_a_token_are_understood()
    {
        await using var rig = await GitHubRig.StartAsync();

        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
        Assert.Equal(200, (await rig.SendAsync("GET", GitHubRig.WebSecrets, null, null, headers => headers.Authorization = new("token", rig.Token.Text))).Status);
    }

    [Fact]
    public async Task What_a_token_cannot_see_is_not_there()
    {
        await using var rig = await GitHubRig.StartAsync();
        var other = rig.Acme.AddRepository("other");
        var tokens = new[]
        {
            FakeToken.Classic(["acme"]),
            FakeToken.Classic(["somebody"], "repo", "admin:org"),
            FakeToken.FineGrained("somebody", "secrets=write"),
            FakeToken.FineGrained("acme", "secrets=write") with { Repositories = [other.Id] },
            FakeToken.Workflow(other),
        };
        foreach (var token in tokens)
        {
            rig.GitHub.AddToken(token);
            Assert.Equal(404, (await rig.GetAsync(GitHubRig.WebSecrets, token)).Status);
            Assert.Equal(404, (await rig.GetAsync("/repos/acme/web", token)).Status);
        }
        Assert.Equal(404, (await rig.GetAsync("/repos/acme/unknown/actions/secrets")).Status);
        Assert.Equal(404, (await rig.GetAsync("/repos/unknown/web/actions/secrets")).Status);
        Assert.Equal(404, (await rig.GetAsync("/orgs/acme/actions/secrets", tokens[1])).Status);
    }

    [Theory]
    [InlineData("GET", "/repos/acme/web/actions/secrets", "secrets=read")]
    [InlineData("PUT", "/repos/acme/web/actions/secrets/NAME", "secrets=write")]
    [InlineData("DELETE", "/repos/acme/web/actions/secrets/NAME", "secrets=write")]
    [InlineData("GET", "/repos/acme/web/actions/organization-secrets", "secrets=read")]
    [InlineData("GET", "/repos/acme/web/dependabot/secrets/public-key", "dependabot_secrets=read")]
    [InlineData("GET", "/repos/acme/web/codespaces/secrets", "codespaces_secrets=read")]
    [InlineData("GET", "/repos/acme/web/environments/production/secrets", "environments=read")]
    [InlineData("PUT", "/repos/acme/web/environments/production/secrets/NAME", "environments=write")]
    [InlineData("POST", "/repos/acme/web/dispatches", "contents=write")]
    [InlineData("GET", "/repos/acme/web/actions/runs", "actions=read")]
    [InlineData("GET", "/orgs/acme/actions/secrets", "organization_secrets=read")]
    [InlineData("PUT", "/orgs/acme/dependabot/secrets/NAME", "organization_dependabot_secrets=write")]
    public async Task A_permission_that_is_missing_is_named(string method, string path, string permission)
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Web.AddEnvironment("production");
        var weaker = permission.Replace("=write", "=read", StringComparison.Ordinal);
        var personal = rig.GitHub.AddToken(FakeToken.FineGrained("acme", weaker == permission ? [] : [weaker]));
        var enough = rig.GitHub.AddToken(FakeToken.FineGrained("acme", permission));

        var refusal = await rig.SendAsync(method, path, new JsonObject(), personal.Text);
        var taken = await rig.SendAsync(method, path, new JsonObject(), enough.Text);

        Assert.Equal((403, "Resource not accessible by personal access token"), (refusal.Status, refusal.Message));
        Assert.Equal(permission, refusal.Header("X-Accepted-GitHub-Permissions"));
        Assert.Null(refusal.Header("X-OAuth-Scopes"));
        Assert.True(taken.Status is 200 or 404 or 422, $"{taken.Status}");
        Assert.NotEqual("Not Found", method is "DELETE" ? "" : taken.Message);
    }

    [Fact]
    public async Task The_token_of_a_workflow_dispatches_to_its_own_repository_and_reaches_no_secrets()
    {
        await using var rig = await GitHubRig.StartAsync();
        var token = rig.GitHub.AddToken(FakeToken.Workflow(rig.Web));

        var refusal = await rig.GetAsync(GitHubRig.WebSecrets, token);

        Assert.Equal((403, "Resource not accessible by integration"), (refusal.Status, refusal.Message));
        Assert.Equal(204, (await rig.SendAsync("POST", "/repos/acme/web/dispatches", new JsonObject { ["event_type"] = "export-secret" }, token.Text)).Status);
        Assert.Equal(200, (await rig.GetAsync("/repos/acme/web/actions/runs", token)).Status);
    }

    [Fact]
    public async Task A_scope_that_is_missing_is_named()
    {
        await using var rig = await GitHubRig.StartAsync();
        var token = rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo", "gist"));

        var refusal = await rig.GetAsync("/orgs/acme/actions/secrets", token);

        Assert.Equal((403, "repo, gist", "admin:org"), (refusal.Status, refusal.Header("X-OAuth-Scopes"), refusal.Header("X-Accepted-OAuth-Scopes")));
    }

    [Fact]
    public async Task Everybody_reads_the_key_and_the_runs_of_a_public_repository_and_nothing_else()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Acme.AddRepository("site", isPrivate: false);
        var stranger = rig.GitHub.AddToken(FakeToken.Classic(["somebody"], "repo"));

        Assert.Equal(200, (await rig.AskAnonymouslyAsync("GET", $"{PublicSecrets}/public-key")).Status);
        Assert.Equal(200, (await rig.AskAnonymouslyAsync("GET", "/repos/acme/site/actions/runs")).Status);
        Assert.Equal((401, "Requires authentication"), (await rig.AskAnonymouslyAsync("GET", PublicSecrets)) is var refusal ? (refusal.Status, refusal.Message) : default);
        Assert.Equal(403, (await rig.GetAsync(PublicSecrets, stranger)).Status);
        Assert.Equal(403, (await rig.SendAsync("POST", "/repos/acme/site/dispatches", new JsonObject { ["event_type"] = "x" }, stranger.Text)).Status);
        Assert.Equal(200, (await rig.GetAsync("/repos/acme/site/actions/secrets")).Status);
    }

    [Fact]
    public async Task A_token_is_of_no_use_once_it_is_revoked_or_over()
    {
        await using var rig = await GitHubRig.StartAsync();
        var token = rig.GitHub.AddToken(FakeToken.FineGrained("acme", "secrets=read") with { ExpiresAt = rig.Time.GetUtcNow() + TimeSpan.FromHours(1) });

        rig.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets, token)).Status);
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(401, (await rig.GetAsync(GitHubRig.WebSecrets, token)).Status);
        rig.GitHub.Revoke(rig.Token);
        Assert.Equal(401, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
    }

    [Fact]
    public async Task A_token_without_single_sign_on_is_sent_there()
    {
        await using var rig = await GitHubRig.StartAsync();
        var token = rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo") with { AwaitsSingleSignOn = true });

        var refusal = await rig.GetAsync(GitHubRig.WebSecrets, token);

        Assert.Equal(403, refusal.Status);
        Assert.StartsWith("required; url=http", refusal.Header("X-GitHub-SSO"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_with_another_name_is_found_under_its_id()
    {
        await using var rig = await GitHubRig.StartAsync();
        await rig.SetAsync(GitHubRig.WebSecrets, "NAME", "one");
        rig.Web.Rename("shop");

        var read = await rig.GetAsync("/api/v3/repos/acme/web/actions/secrets?per_page=5");
        var written = await rig.SendAsync("PUT", $"{GitHubRig.WebSecrets}/NAME");

        Assert.Equal((301, $"{rig.GitHub.EnterpriseAddress}repositories/{rig.Web.Id}/actions/secrets?per_page=5"), (read.Status, read.Header("Location")));
        Assert.Equal("Moved Permanently", read.Message);
        Assert.Equal((307, $"{rig.GitHub.Address}repositories/{rig.Web.Id}/actions/secrets/NAME"), (written.Status, written.Header("Location")));
        Assert.Equal(["NAME"], (await rig.GetAsync(new Uri(read.Header("Location")!).PathAndQuery)).Names);
        Assert.Equal(204, (await rig.SetAsync($"/repositories/{rig.Web.Id}/actions/secrets", "NAME", "two")).Status);
        Assert.Equal("two", rig.Web.Secrets.Text("NAME"));
        Assert.Equal(404, (await rig.GetAsync(GitHubRig.WebSecrets, rig.GitHub.AddToken(FakeToken.Classic(["somebody"], "repo")))).Status);
        rig.Acme.AddRepository("web");
        Assert.Empty((await rig.GetAsync(GitHubRig.WebSecrets)).Names);
    }

    [Fact]
    public async Task A_request_has_to_say_what_sends_it_and_a_version_that_there_is()
    {
        await using var rig = await GitHubRig.StartAsync();

        var nameless = await rig.GetAsync(GitHubRig.WebSecrets, headers: headers => headers.UserAgent.Clear());
        var unknown = await rig.GetAsync(GitHubRig.WebSecrets, headers: headers => headers.Add("X-GitHub-Api-Version", "2020-01-01"));
        var known = await rig.GetAsync(GitHubRig.WebSecrets, headers: headers => headers.Add("X-GitHub-Api-Version", "2026-03-10"));

        Assert.Equal(403, nameless.Status);
        Assert.Contains("User-Agent", nameless.Message, StringComparison.Ordinal);
        Assert.Equal(400, unknown.Status);
        Assert.Equal((200, "2026-03-10"), (known.Status, known.Header("X-GitHub-Api-Version-Selected")));
        Assert.Equal("2022-11-28", (await rig.GetAsync(GitHubRig.WebSecrets)).Header("X-GitHub-Api-Version-Selected"));
    }
}
