using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Where things are: on a server of one's own, and after somebody moved them.</summary>
public sealed class GitHubClientPlaceTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_server_of_ones_own_is_asked_behind_its_prefix_also_for_further_pages_and_new_names()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.ConnectEnterprise();
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "1");
        for (var i = 0; i < 99; i++) github.Web.Secrets.Put($"SECRET_{i}", "x");
        github.Acme.Secrets.Put("OF_ACME", "x");
        for (var i = 0; i < 150; i++) github.Acme.Secrets.Put($"ORG_{i}", "x");
        Assert.Equal(100, (await client.ListSecretsAsync(github.WebScope, None)).Count);
        Assert.Equal(151, (await client.ListInheritedSecretsAsync(github.WebName, None)).Count);
        github.Web.Rename("site");
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "2");
        await GitHubFixture.DeleteAsync(client, github.WebScope, "SECRET_1");
        Assert.Equal("2", github.Web.Secrets.Text("A"));
        github.Web.AddWorkflow(new() { QueueDelay = TimeSpan.Zero });
        var sent = await client.DispatchAsync(github.WebName, "export-secret", new("id-1", "acme/web", ["A"], "A"), None);
        Assert.NotNull(await client.FindRunAsync(github.WebName, "id-1", sent - TimeSpan.FromSeconds(5), None));
        Assert.All(github.Server.Requests, request => Assert.StartsWith("/api/v3/", request.Target, StringComparison.Ordinal));
        Assert.Empty(github.Server.Violations);
    }

    [Fact]
    public async Task A_repository_that_was_renamed_is_followed_with_reads_writes_and_events()
    {
        await using var github = await GitHubFixture.StartAsync();
        github.Web.Rename("site");
        var client = github.Connect();
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "1");
        Assert.Equal("1", github.Web.Secrets.Text("A"));
        Assert.Single(await client.ListSecretsAsync(github.WebScope, None));
        await client.DispatchAsync(github.WebName, "export-secret", new("1", "acme/web", ["A"], "A"), None);
        Assert.Single(github.Server.Dispatches);
        await GitHubFixture.DeleteAsync(client, github.WebScope, "A");
    }

    /// <summary>GitHub counts a change that it redirects, too.</summary>
    [Fact]
    public async Task A_push_to_a_repository_that_was_renamed_sends_each_change_once()
    {
        await using var github = await GitHubFixture.StartAsync();
        github.Web.Rename("site");
        var vault = new MemoryVault();
        var names = Enumerable.Range(0, 5).Select(i => $"S{i}").ToDictionary(name => name, name => name);
        foreach (var name in names.Keys) vault.Set(name, name);
        var report = await new Push(github.Connect(), vault, vault, new() { Policy = new(null, null) }).RunAsync([new(github.WebScope, names, null)], None);
        Assert.Equal(5, report.Count(PushOutcome.Done));
        Assert.Equal(names.Keys, github.Web.Secrets.Names);
        Assert.Equal([201, 201, 201, 201, 201], github.Server.Requests.Where(request => request.IsWrite).Select(request => request.Status));
        Assert.Empty(github.Server.Violations);
    }

    /// <summary>The old name is anybody's again.</summary>
    [Fact]
    public async Task Where_a_repository_moved_is_forgotten_after_a_minute()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Web.Rename("site");
        await client.ListSecretsAsync(github.WebScope, None);
        var other = github.Acme.AddRepository("web");
        github.Time.Advance(TimeSpan.FromMinutes(1));
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "1");
        Assert.Equal((null, "1"), (github.Web.Secrets.Text("A"), other.Secrets.Text("A")));
    }

    /// <summary>The policy judged the owner that somebody named.</summary>
    [Fact]
    public async Task A_repository_that_somebody_else_was_given_gets_no_writes_and_no_events()
    {
        await using var github = await GitHubFixture.StartAsync();
        var other = github.Server.AddOrganization("other");
        github.Web.Secrets.Put("THERE", "before");
        github.Web.Transfer(other);
        var client = github.Connect(github.Server.AddToken(FakeToken.Classic(["acme", "other"], "repo")));
        Assert.Equal("THERE", Assert.Single(await client.ListSecretsAsync(github.WebScope, None)).Name);

        foreach (var write in (Func<Task>[])[
            () => GitHubFixture.SetAsync(client, github.WebScope, "A", "1"),
            () => GitHubFixture.DeleteAsync(client, github.WebScope, "THERE"),
            () => client.DispatchAsync(github.WebName, "export-secret", new("1", "acme/web", ["A"], "A"), None)])
        {
            var refused = await Assert.ThrowsAnyAsync<MillException>(write);
            Assert.Equal(MillError.Forbidden, refused.Error);
            Assert.Contains("other/web", refused.Message, StringComparison.Ordinal);
            Assert.Contains("name other/web instead", refused.Hint, StringComparison.Ordinal);
        }
        Assert.Equal(["THERE"], github.Web.Secrets.Names);
        Assert.Empty(github.Server.Dispatches);
        await GitHubFixture.SetAsync(client, SecretScope.Of(RepositoryName.TryParse("other/web", out var name) ? name : throw new InvalidOperationException()), "A", "1");
        Assert.Equal("1", github.Web.Secrets.Text("A"));
    }
}
