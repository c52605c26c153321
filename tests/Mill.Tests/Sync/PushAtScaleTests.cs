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

    [Fact]
    public async Task A_list_of_which_a_page_is_missing_leaves_everything_as_it_is()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var (vault, token) = (new MemoryVault(), gitHub.Server.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org")));
        for (var j = 0; j < 3; j++) vault.Set($"s{j}", "1");
        for (var j = 0; j < 150; j++) gitHub.Acme.Secrets.Put($"OTHER_{j}", "theirs");
        Assert.Equal(2, (await PushAsync(gitHub, token, vault, Target("acme", 2))).Count(PushOutcome.Done));
        vault.Set("s0", "2");
        gitHub.Server.Inject(FakeFault.ErrorOnPage(2));
        var (changes, ledgers) = (gitHub.Acme.Secrets.Changes, vault.LedgerWriteCount);
        // One is stale, one is wanted no longer, and one is new.
        SyncTarget target = new(Scopes.Of("acme"), new Dictionary<string, string> { ["S0"] = "s0", ["S2"] = "s2" }, null);
        var report = await PushAsync(gitHub, token, vault, target);
        Assert.Equal(MillError.Unreachable, report.Targets[0].Failure?.Error);
        Assert.Empty(report.Targets[0].Secrets);
        Assert.Equal((changes, ledgers), (gitHub.Acme.Secrets.Changes, vault.LedgerWriteCount));

        gitHub.Server.ClearFaults();
        Assert.Equal(3, (await PushAsync(gitHub, token, vault, target)).Count(PushOutcome.Done));
        Assert.Null(gitHub.Acme.Secrets.Text("S1"));
    }

    private static async Task<PushReport> PushAsync(GitHubFixture gitHub, FakeToken token, MemoryVault vault, params SyncTarget[] targets)
    {
        var credentials = new Mill.Sync.GitHub.TokenCredentials(SecretValue.FromText(token.Text));
        using var client = new Mill.Sync.GitHub.GitHubClient(gitHub.Options(credentials) with { Log = new Mill.Sync.GitHub.SharedWriteLog(vault, gitHub.Time) });
        return await new Push(client, vault, vault, PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true })).RunAsync(targets, CancellationToken.None);
    }

    private static SyncTarget Target(string scope, int secrets) => new(Scopes.Of(scope), Enumerable.Range(0, secrets).ToDictionary(j => $"S{j}", j => $"s{j}"), null);
}
