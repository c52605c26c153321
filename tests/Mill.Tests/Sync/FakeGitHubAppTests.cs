using System.Text.Json.Nodes;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Apps, and the tokens that they get.</summary>
public sealed class FakeGitHubAppTests
{
    [Fact]
    public async Task An_app_gets_itself_a_token_that_lasts_an_hour()
    {
        await using var rig = await GitHubRig.StartAsync();
        var app = rig.GitHub.AddApp();
        var installation = app.Install(rig.Acme, null, "secrets=write");
        var jwt = GitHubJwt.Sign(app, rig.Time);

        var found = await rig.SendAsync("GET", "/repos/acme/web/installation", null, jwt);
        var made = await rig.SendAsync("POST", $"/app/installations/{found.Text("id")}/access_tokens", null, jwt);

        Assert.Equal((200, $"{installation.Id}"), (found.Status, found.Text("id")));
        Assert.Equal((201, "2026-01-01T01:00:00Z", "all"), (made.Status, made.Text("expires_at"), made.Text("repository_selection")));
        Assert.StartsWith("ghs_", made.Text("token"), StringComparison.Ordinal);
        Assert.Equal("write", (string?)made.Body!["permissions"]!["secrets"]);
        async Task<int> StatusAsync() => (await rig.SendAsync("GET", GitHubRig.WebSecrets, null, made.Text("token"))).Status;
        Assert.Equal(200, await StatusAsync());
        rig.Time.Advance(TimeSpan.FromMinutes(60));
        Assert.Equal(401, await StatusAsync());
    }

    [Fact]
    public async Task An_installation_is_found_by_repository_by_organization_and_by_person()
    {
        await using var rig = await GitHubRig.StartAsync();
        var ann = rig.GitHub.AddPerson("ann");
        ann.AddRepository("notes");
        rig.GitHub.AddPerson("bob").AddRepository("public", isPrivate: false);
        var app = rig.GitHub.AddApp();
        var (acme, hers) = (app.Install(rig.Acme, [rig.Web], "secrets=write"), app.Install(ann, null, "secrets=write"));
        rig.Acme.AddRepository("other");
        var jwt = GitHubJwt.Sign(app, GitHubJwt.Claims(rig.Time, app.ClientId));
        async Task<string> IdAsync(string path) => (await rig.SendAsync("GET", path, null, jwt)) is { Status: 200 } found ? found.Text("id") : "";

        Assert.Equal($"{acme.Id}", await IdAsync("/repos/acme/web/installation"));
        Assert.Equal("", await IdAsync("/repos/acme/other/installation"));
        Assert.Equal("", await IdAsync("/repos/bob/public/installation"));
        Assert.Equal($"{acme.Id}", await IdAsync("/orgs/acme/installation"));
        Assert.Equal("", await IdAsync("/orgs/ann/installation"));
        Assert.Equal($"{hers.Id}", await IdAsync("/users/ann/installation"));
        Assert.Equal($"{hers.Id}", await IdAsync("/repos/ann/notes/installation"));
        Assert.Equal(2, (await rig.SendAsync("GET", "/app/installations", null, jwt)).Body!.AsArray().Count);
        app.Uninstall(hers);
        Assert.Equal("", await IdAsync("/users/ann/installation"));
    }

    [Theory]
    [InlineData("no exp", "'Expiration time' claim ('exp') must be")]
    [InlineData("past", "'Expiration time' claim ('exp') must be")]
    [InlineData("far", "'Expiration time' claim ('exp') is too far in the future")]
    [InlineData("no iat", "'Issued at' claim ('iat') must be")]
    [InlineData("future", "'Issued at' claim ('iat') must be")]
    [InlineData("signature", "A JSON web token could not be decoded")]
    [InlineData("algorithm", "A JSON web token could not be decoded")]
    [InlineData("issuer", "Integration not found")]
    public async Task A_claim_that_does_not_hold_is_refused(string fault, string message)
    {
        await using var rig = await GitHubRig.StartAsync();
        var (app, other) = (rig.GitHub.AddApp(), rig.GitHub.AddApp("other"));
        app.Install(rig.Acme, null);
        var claims = GitHubJwt.Claims(rig.Time, fault is "issuer" ? "1" : $"{app.Id}");
        var now = rig.Time.GetUtcNow().ToUnixTimeSeconds();
        if (fault is "past") claims["exp"] = now;
        if (fault is "far") claims["exp"] = now + 601;
        if (fault is "future") claims["iat"] = now + 1;
        if (fault.StartsWith("no ", StringComparison.Ordinal)) claims.Remove(fault[3..]);

        var refusal = await rig.SendAsync("GET", "/repos/acme/web/installation", null, GitHubJwt.Sign(fault is "signature" ? other : app, claims, fault is "algorithm" ? "HS256" : "RS256"));

        Assert.Equal(fault is "issuer" ? 404 : 401, refusal.Status);
        Assert.StartsWith(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_can_have_less_than_the_installation_and_not_more()
    {
        await using var rig = await GitHubRig.StartAsync();
        var other = rig.Acme.AddRepository("other");
        var app = rig.GitHub.AddApp();
        var installation = app.Install(rig.Acme, null, "secrets=write", "contents=read");
        var jwt = GitHubJwt.Sign(app, rig.Time);
        Task<GitHubReply> AskAsync(string body) => rig.SendAsync("POST", $"/app/installations/{installation.Id}/access_tokens", JsonNode.Parse(body), jwt);

        var less = await AskAsync("""{"repositories":["web"],"permissions":{"secrets":"read"}}""");

        Assert.Equal((201, "selected"), (less.Status, less.Text("repository_selection")));
        Assert.Equal(200, (await rig.SendAsync("GET", GitHubRig.WebSecrets, null, less.Text("token"))).Status);
        Assert.Equal(404, (await rig.SendAsync("GET", "/repos/acme/other/actions/secrets", null, less.Text("token"))).Status);
        Assert.Equal((403, "Resource not accessible by integration"), await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME", null, less.Text("token")) is var refusal ? (refusal.Status, refusal.Message) : default);
        Assert.Equal(201, (await AskAsync($$"""{"repository_ids":[{{other.Id}}]}""")).Status);
        Assert.Equal(422, (await AskAsync("""{"permissions":{"contents":"write"}}""")).Status);
        Assert.Equal(422, (await AskAsync("""{"permissions":{"organization_secrets":"read"}}""")).Status);
        Assert.Equal(422, (await AskAsync("""{"repositories":["unknown"]}""")).Status);
    }

    [Fact]
    public async Task Each_uses_what_is_meant_for_it()
    {
        await using var rig = await GitHubRig.StartAsync();
        var app = rig.GitHub.AddApp();
        var installation = app.Install(rig.Acme, null, "secrets=write");

        Assert.Equal(401, (await rig.GetAsync("/repos/acme/web/installation")).Status);
        Assert.Equal(401, (await rig.SendAsync("POST", $"/app/installations/{installation.Id}/access_tokens")).Status);
        Assert.Equal(403, (await rig.SendAsync("GET", GitHubRig.WebSecrets, null, GitHubJwt.Sign(app, rig.Time))).Status);
        Assert.Equal(404, (await rig.SendAsync("POST", "/app/installations/1/access_tokens", null, GitHubJwt.Sign(app, rig.Time))).Status);
    }

    [Fact]
    public async Task Tokens_of_apps_can_all_be_revoked()
    {
        await using var rig = await GitHubRig.StartAsync();
        var app = rig.GitHub.AddApp();
        var installation = app.Install(rig.Acme, null, "secrets=write");
        var made = await rig.SendAsync("POST", $"/app/installations/{installation.Id}/access_tokens", null, GitHubJwt.Sign(app, rig.Time));

        rig.GitHub.RevokeInstallationTokens();

        Assert.Equal(401, (await rig.SendAsync("GET", GitHubRig.WebSecrets, null, made.Text("token"))).Status);
        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
    }
}
