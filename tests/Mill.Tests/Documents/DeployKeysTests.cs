using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The code of docs/testing-github.md.</summary>
public sealed class DeployKeysTests
{
    [Fact]
    public async Task A_key_is_set_where_it_is_missing_and_nothing_else_is_touched()
    {
        await using var github = await FakeGitHub.StartAsync();
        var web = github.AddOrganization("acme").AddRepository("web");
        web.Secrets.Put("NPM_TOKEN", "by hand");
        var token = github.AddToken(FakeToken.FineGrained("acme", "secrets=write"));

        using var keys = new DeployKeys(github.Address, token.Text);
        await keys.EnsureAsync("acme/web", "DEPLOY_KEY", "s3cr3t");

        Assert.Equal("s3cr3t", web.Secrets.Text("DEPLOY_KEY"));
        Assert.Equal("by hand", web.Secrets.Text("NPM_TOKEN"));
        Assert.Empty(github.Violations);
    }

    [Fact]
    public async Task A_page_that_cannot_be_read_is_not_taken_for_an_empty_one()
    {
        await using var github = await FakeGitHub.StartAsync();
        var web = github.AddOrganization("acme").AddRepository("web");
        for (var i = 0; i < 40; i++) web.Secrets.Put($"SECRET_{i}", "x");
        var token = github.AddToken(FakeToken.FineGrained("acme", "secrets=write"));
        github.Inject(FakeFault.ErrorOnPage(2, 503));

        using var keys = new DeployKeys(github.Address, token.Text);
        await Assert.ThrowsAsync<HttpRequestException>(() => keys.EnsureAsync("acme/web", "SECRET_9", "s3cr3t"));

        Assert.Equal("x", web.Secrets.Text("SECRET_9"));
        Assert.DoesNotContain(github.Requests, request => request.IsWrite);
    }

    [Fact]
    public async Task An_event_begins_the_workflow_that_is_played_here()
    {
        await using var github = await FakeGitHub.StartAsync();
        var web = github.AddOrganization("acme").AddRepository("web");
        var token = github.AddToken(FakeToken.Classic(["acme"], "repo"));
        web.AddWorkflow(new()
        {
            EventTypes = ["rotate"],
            QueueDelay = TimeSpan.Zero,
            StartDelay = TimeSpan.Zero,
            Play = (job, _) =>
            {
                web.Secrets.Put(job.Text("name")!, "rotated");
                return Task.FromResult(true);
            },
        });

        using var keys = new DeployKeys(github.Address, token.Text);
        await keys.AskForRotationAsync("acme/web", "DEPLOY_KEY");
        await github.WhenPlayedAsync();

        Assert.Equal("rotated", web.Secrets.Text("DEPLOY_KEY"));
        Assert.Equal("success", Assert.Single(github.Runs).Conclusion);
    }
}
