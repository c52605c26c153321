using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Pushes against a GitHub that keeps its limits, and whose lists lag.</summary>
public sealed class PushAtScaleTests
{
    [Fact]
    public async Task A_hundred_repositories_are_filled_within_the_limits_in_as_many_runs_as_it_takes_and_then_need_a_request_each()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var (vault, token) = (new MemoryVault(), gitHub.Server.AddToken(FakeToken.Classic(["acme"], "repo")));
        for (var j = 0; j < 20; j++) vault.Set($"s{j}", $"v{j}");
        SyncTarget[] targets = [.. Enumerable.Range(0, 100).Select(i => Target(gitHub.Acme.AddRepository($"r{i}").FullName, 20))];
        PushReport report;
        var runs = 0;
        do
        {
            report = await PushAsync(gitHub, token, vault, targets);
            runs++;
            if (report.Stopped is not { } stopped) continue;
            Assert.Equal(MillError.RateLimited, stopped.Error);
            Assert.Contains(report.Targets, target => !target.IsReached);
            gitHub.Time.Advance(TimeSpan.FromMinutes(20)); // too early, and so it goes on with a few
        }
        while (report.Stopped is not null);
        Assert.InRange(runs, 4, 20);
        Assert.Empty(gitHub.Server.Violations);
        Assert.Equal(1, gitHub.Server.MostAtOnce);
        Assert.All(targets, target => Assert.Equal(20, gitHub.Acme.Repositories.Single(repository => repository.FullName == target.Scope.ToString()).Secrets.Changes));

        var requests = gitHub.Server.Requests.Count;
        Assert.Equal(2000, (await PushAsync(gitHub, token, vault, targets)).Count(PushOutcome.Unchanged));
        Assert.Equal(100, gitHub.Server.Requests.Count - requests);
    }

    [Fact]
    public async Task Lists_that_lag_make_nothing_be_written_twice()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        gitHub.Server.ListDelay = TimeSpan.FromMinutes(2);
        var (vault, token) = (new MemoryVault(), gitHub.Server.AddToken(FakeToken.Classic(["acme"], "repo")));
        var target = Target("acme/web", 3);
        for (var j = 0; j < 3; j++) vault.Set($"s{j}", "1");
        Assert.Equal(3, (await PushAsync(gitHub, token, vault, target)).Count(PushOutcome.Done));
        Assert.Equal(3, (await PushAsync(gitHub, token, vault, target)).Count(PushOutcome.Unchanged));
        vault.Set("s1", "2");
        Assert.Equal(1, (await PushAsync(gitHub, token, vault, target)).Count(PushOutcome.Done));
        Assert.Equal(3, (await PushAsync(gitHub, token, vault, target)).Count(PushOutcome.Unchanged));
        Assert.Equal(4, gitHub.Web.Secrets.Changes);
    }

    private static async Task<PushReport> PushAsync(GitHubFixture gitHub, FakeToken token, MemoryVault vault, params SyncTarget[] targets)
    {
        using var credentials = new Mill.Sync.GitHub.TokenCredentials(SecretValue.FromText(token.Text));
        var earlier = await EarlierWrites.ReadAsync(vault, targets.Select(target => target.Scope), gitHub.Time, CancellationToken.None);
        using var client = new Mill.Sync.GitHub.GitHubClient(gitHub.Options(credentials) with { EarlierWrites = earlier });
        return await new Push(client, vault, vault, new() { Policy = new(null, null) }).RunAsync(targets, CancellationToken.None);
    }

    private static SyncTarget Target(string scope, int secrets) => new(Scopes.Of(scope), Enumerable.Range(0, secrets).ToDictionary(j => $"S{j}", j => $"s{j}"), null);
}
