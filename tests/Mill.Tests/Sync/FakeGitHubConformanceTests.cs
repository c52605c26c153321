using System.Text.Json.Nodes;
using Microsoft.OpenApi;
using Mill.Core.Sync;
using Mill.Sync.Pushing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>The fake against GitHub's published description. Besides, the rig of all these tests holds each answer against it.</summary>
public sealed class FakeGitHubConformanceTests
{
    [Fact]
    public async Task Every_operation_answers_with_every_code_of_success_that_is_described()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.Web.AddWorkflow(new() { QueueDelay = TimeSpan.Zero });
        rig.Web.AddEnvironment("production");
        var ann = rig.GitHub.AddPerson("ann");
        var app = rig.GitHub.AddApp();
        var installation = app.Install(rig.Acme, null, "secrets=write");
        app.Install(ann, [], "secrets=read");
        var jwt = GitHubJwt.Sign(app, rig.Time);

        foreach (var store in Enum.GetValues<FakeStore>().Select(GitHubRig.Word))
        {
            await UseScopeAsync(rig, $"/repos/acme/web/{store}/secrets", isOrganization: false);
            await UseScopeAsync(rig, $"/orgs/acme/{store}/secrets", isOrganization: true);
        }
        await UseScopeAsync(rig, "/repos/acme/web/environments/production/secrets", isOrganization: false);
        await rig.GetAsync("/repos/acme/web/actions/organization-secrets");
        await rig.GetAsync("/repos/acme/web");
        await rig.SendAsync("POST", "/repos/acme/web/dispatches", new JsonObject { ["event_type"] = "export-secret" });
        await rig.GetAsync("/repos/acme/web/actions/runs");
        await rig.GetAsync($"/repos/acme/web/actions/runs/{rig.GitHub.Runs[0].Id}");
        foreach (var path in new[] { "/repos/acme/web/installation", "/orgs/acme/installation", "/users/ann/installation", "/app/installations" }) await rig.SendAsync("GET", path, null, jwt);
        await rig.SendAsync("POST", $"/app/installations/{installation.Id}/access_tokens", null, jwt);

        var seen = rig.GitHub.Requests.Where(request => request.Status is >= 200 and < 300).Select(request => (request.Method, GitHubDescription.Template(request.Path)!, request.Status)).ToHashSet();
        Assert.Empty(GitHubDescription.Successes.Except(seen));
    }

    [Fact]
    public void The_description_is_one()
    {
        var result = OpenApiDocument.Parse(File.ReadAllText(GitHubDescription.File), "json");

        Assert.Empty(result.Diagnostic!.Errors);
        Assert.Equal(GitHubDescription.Successes.Select(success => success.Path).Distinct(), result.Document!.Paths.Keys);
    }

    [Theory]
    [InlineData("PUT", "/repos/acme/web/actions/secrets/A", """{"encrypted_value":"YQ==","key_id":"1"}""", null)]
    [InlineData("PUT", "/repos/acme/web/actions/secrets/A", """{"encrypted_value":"YQ=="}""", "key_id is missing")]
    [InlineData("PUT", "/repos/acme/web/actions/secrets/A", """{"encrypted_value":"Y","key_id":"1"}""", "encrypted_value is Y")]
    [InlineData("PUT", "/orgs/acme/actions/secrets/A", """{"encrypted_value":"YQ==","key_id":"1","visibility":"few"}""", "visibility is few")]
    [InlineData("PUT", "/orgs/acme/dependabot/secrets/A", """{"encrypted_value":"YQ==","key_id":"1","visibility":"selected","selected_repository_ids":["1",2]}""", null)]
    [InlineData("PUT", "/orgs/acme/dependabot/secrets/A", """{"visibility":"selected","selected_repository_ids":[true]}""", "is none of 2")]
    [InlineData("GET", "/repos/acme/web/actions/secrets?per_page=100&sort=name", null, "knows no sort")]
    public void A_request_that_is_not_as_described_is_noticed(string method, string target, string? body, string? fault)
    {
        var faults = GitHubDescription.RequestFaults(method, target, body is null ? null : JsonNode.Parse(body));

        if (fault is null) Assert.Empty(faults);
        else Assert.EndsWith(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mill_asks_for_nothing_that_is_not_described()
    {
        await using var github = await GitHubFixture.StartAsync();
        var (client, vault) = (github.Connect(), new MemoryVault());
        vault.Set("a", "1");
        github.Web.AddEnvironment("prod");
        github.Web.AddWorkflow(new() { QueueDelay = TimeSpan.Zero });
        github.Acme.Secrets.Put("OF_ACME", "x"u8, "selected", github.Web);
        SyncTarget[] targets = [.. new[] { "acme/web", "acme/web@prod", "acme/web:dependabot", "acme/web:codespaces", "acme", "acme:dependabot" }.Select(to => new SyncTarget(Scopes.Of(to), new Dictionary<string, string> { ["OF_ACME"] = "a" }, null))];
        await new Push(client, vault, vault, new() { Policy = new(null, null), Rules = new() { Overwrites = true } }).RunAsync(targets, CancellationToken.None);
        await client.ListInheritedSecretsAsync(github.WebName, CancellationToken.None);
        var sent = await client.DispatchAsync(github.WebName, "export-secret", new("id-1", "acme/web", ["A"], "A"), CancellationToken.None);
        var run = await client.FindRunAsync(github.WebName, "id-1", sent - TimeSpan.FromSeconds(5), CancellationToken.None);
        await client.GetRunAsync(github.WebName, run!.Id, CancellationToken.None);

        Assert.True(github.Server.Requests.Select(request => GitHubDescription.Template(request.Target)).Distinct().Count() > 15);
        Assert.All(github.Server.Requests, request => Assert.Empty(GitHubDescription.RequestFaults(request.Method, request.Target, null)));
    }

    [Theory]
    [InlineData("""{"total_count":1,"secrets":[{"name":"A","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}]}""", null)]
    [InlineData("""{"total_count":1}""", "secrets is missing")]
    [InlineData("""{"total_count":"1","secrets":[]}""", "total_count is no integer")]
    [InlineData("""{"total_count":1,"secrets":{}}""", "secrets is no array")]
    [InlineData("""{"total_count":1,"secrets":[{"name":"A","created_at":"2026-01-01","updated_at":"2026-01-01T00:00:00Z"}]}""", "secrets[0].created_at is 2026-01-01")]
    [InlineData("""{"total_count":1,"secrets":[{"name":null,"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}]}""", "secrets[0].name is null")]
    public void An_answer_that_is_not_as_described_is_noticed(string body, string? fault)
    {
        var faults = GitHubDescription.Faults("GET", "/api/v3/repositories/1/actions/secrets?page=2", new(200, JsonNode.Parse(body), new Dictionary<string, string> { ["Content-Type"] = "application/json; charset=utf-8" }));

        if (fault is null) Assert.Empty(faults);
        else Assert.EndsWith(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_code_that_is_not_described_is_noticed()
    {
        Assert.NotEmpty(GitHubDescription.Faults("GET", GitHubRig.WebSecrets, new(202, null, new Dictionary<string, string>())));
        Assert.NotEmpty(GitHubDescription.Faults("DELETE", $"{GitHubRig.WebSecrets}/NAME", new(204, new JsonObject(), new Dictionary<string, string>())));
        Assert.NotEmpty(GitHubDescription.Faults("GET", GitHubRig.WebSecrets, new(500, null, new Dictionary<string, string>())));
        Assert.NotEmpty(GitHubDescription.Faults("GET", "/repos/acme/web/issues", new(200, new JsonArray(), new Dictionary<string, string>())));
    }

    private static async Task UseScopeAsync(GitHubRig rig, string secrets, bool isOrganization)
    {
        JsonObject Members() => isOrganization ? new() { ["visibility"] = "selected", ["selected_repository_ids"] = new JsonArray(rig.Web.Id) } : [];
        await rig.SetAsync(secrets, "NAME", "one", members: Members());
        await rig.SetAsync(secrets, "NAME", "two", members: Members());
        await rig.GetAsync(secrets);
        await rig.GetAsync($"{secrets}/NAME");
        if (isOrganization)
        {
            await rig.GetAsync($"{secrets}/NAME/repositories");
            await rig.SendAsync("PUT", $"{secrets}/NAME/repositories", new JsonObject { ["selected_repository_ids"] = new JsonArray() });
            await rig.SendAsync("PUT", $"{secrets}/NAME/repositories/{rig.Web.Id}");
            await rig.SendAsync("DELETE", $"{secrets}/NAME/repositories/{rig.Web.Id}");
        }
        await rig.SendAsync("DELETE", $"{secrets}/NAME");
    }
}
