using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Exports;
using Mill.Sync.GitHub;
using Mill.Testing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Secrets that one repository asks another one for, to the second.</summary>
public sealed class SecretRequestTests
{
    [Fact]
    public async Task What_was_asked_for_arrives_with_one_event()
    {
        var (report, took, github) = await RequestAsync(new FakeWorkflow(), "A", "B");
        Assert.True(report.IsComplete);
        Assert.Equal("success", report.Run!.Conclusion);
        Assert.Equal(TimeSpan.FromSeconds(16), took);
        var sent = Assert.Single(github.Dispatches);
        Assert.Equal("export-secret", sent.EventType);
        Assert.InRange(sent.Payload.Count, 1, 10);
        Assert.Empty(github.Violations);
    }

    [Theory]
    [InlineData(29, true)]
    [InlineData(30, true)]
    [InlineData(31, false)]
    public async Task A_secret_has_until_the_deadline(int second, bool arrives)
    {
        var (report, took, _) = await RequestAsync(new FakeWorkflow { SecretsAfter = TimeSpan.FromSeconds(second) }, "A");
        Assert.Equal((arrives, TimeSpan.FromSeconds(30)), (report.IsComplete, took));
        Assert.Equal(arrives ? RequestState.Arrived : RequestState.TimedOut, Assert.Single(report.Secrets).State);
    }

    [Fact]
    public async Task Without_a_workflow_the_cause_is_named_at_the_deadline()
    {
        var (report, took, _) = await RequestAsync(null, "A");
        var secret = Assert.Single(report.Secrets);
        Assert.Equal((RequestState.TimedOut, TimeSpan.FromSeconds(30), null), (secret.State, took, report.Run));
        Assert.Contains("export-secret.yml may be missing", secret.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_fails_is_told_of_at_once()
    {
        var (report, took, _) = await RequestAsync(new FakeWorkflow { Conclusion = "failure", StartDelay = TimeSpan.FromSeconds(2), RunTime = TimeSpan.FromSeconds(1) }, "A");
        var secret = Assert.Single(report.Secrets);
        Assert.Equal((RequestState.Failed, TimeSpan.FromSeconds(4)), (secret.State, took));
        Assert.Contains(report.Run!.Page.ToString(), secret.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_run_can_be_found_two_looks_at_all_secrets_are_enough()
    {
        var (report, took, _) = await RequestAsync(new FakeWorkflow { RunName = null }, ["A"]);
        Assert.True(report.IsComplete);
        Assert.Null(report.Run);
        Assert.InRange(took, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(29));
    }

    [Fact]
    public async Task A_run_that_sets_only_some_leaves_the_others_timed_out()
    {
        var (report, _, _) = await RequestAsync(new FakeWorkflow(), "A", "NONE");
        Assert.Equal([("A", RequestState.Arrived), ("NONE", RequestState.TimedOut)], report.Secrets.Select(secret => (secret.Name, secret.State)));
    }

    [Fact]
    public async Task What_was_there_before_has_to_be_written_anew()
    {
        var (report, _, _) = await RequestAsync(new FakeWorkflow { SetsSecrets = false }, ["OLD"], overwrite: true);
        Assert.Equal(RequestState.TimedOut, Assert.Single(report.Secrets).State);
    }

    [Theory]
    [InlineData("/actions/runs")]
    [InlineData("/actions/secrets")]
    public async Task A_look_that_fails_is_no_end(string path)
    {
        // As often as one look is tried.
        var (report, took, github) = await RequestAsync(new FakeWorkflow(), ["A"], prepare: server => server.Inject(FakeFault.Error(503) with { Times = 4, When = request => request.Path.EndsWith(path, StringComparison.Ordinal) }));
        Assert.True(report.IsComplete);
        Assert.Null(report.Failure);
        Assert.InRange(took, TimeSpan.FromSeconds(16), TimeSpan.FromSeconds(30));
        Assert.Single(github.Dispatches);
    }

    [Fact]
    public async Task What_cannot_be_seen_until_the_deadline_is_not_known_and_never_there()
    {
        var (report, took, _) = await RequestAsync(new FakeWorkflow(), ["A"], prepare: server => server.Inject(FakeFault.Error(403) with { Times = int.MaxValue, When = request => request.Path.EndsWith("/actions/secrets", StringComparison.Ordinal) }));
        var secret = Assert.Single(report.Secrets);
        Assert.Equal((RequestState.TimedOut, TimeSpan.FromSeconds(30)), (secret.State, took));
        Assert.StartsWith("Whether it came is not known after 30 s. GitHub refuses the secrets of acme/web", secret.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_may_not_see_runs_waits_for_the_secrets_alone()
    {
        var (report, took, _) = await RequestAsync(new FakeWorkflow(), ["A"], permissions: ["contents=write", "secrets=read"]);
        Assert.True(report.IsComplete);
        Assert.Equal((null, TimeSpan.FromSeconds(16)), (report.Run, took));

        var (late, _, _) = await RequestAsync(null, ["A"], permissions: ["contents=write", "secrets=read"]);
        Assert.Contains("what became of the event is not known", Assert.Single(late.Secrets).Reason, StringComparison.Ordinal);
        Assert.Contains("actions=read", late.Failure!.Hint, StringComparison.Ordinal);
    }

    private static Task<(RequestReport Report, TimeSpan Took, FakeGitHub Server)> RequestAsync(FakeWorkflow? workflow, params string[] names) => RequestAsync(workflow, names, overwrite: false);

    private static async Task<(RequestReport Report, TimeSpan Took, FakeGitHub Server)> RequestAsync(FakeWorkflow? workflow, string[] names, bool overwrite = false, string[]? permissions = null, Action<FakeGitHub>? prepare = null)
    {
        var time = new ManualTime();
        await using var server = await FakeGitHub.StartAsync(new() { Time = time });
        var acme = server.AddOrganization("acme");
        var (source, web) = (acme.AddRepository("devops"), acme.AddRepository("web"));
        foreach (var name in (string[])["A", "B", "OLD"]) source.Secrets.Put(name, "1");
        web.Secrets.Put("OLD", "0");
        time.Advance(TimeSpan.FromMinutes(1));
        if (workflow is not null) source.AddWorkflow(workflow);
        var credentials = new TokenCredentials(SecretValue.FromText(server.AddToken(permissions is null ? FakeToken.Classic(["acme"], "repo") : FakeToken.FineGrained("acme", permissions)).Text));
        using var github = new GitHubClient(new() { Address = server.Address, Credentials = credentials, Time = time, Timeout = Timeout.InfiniteTimeSpan });
        prepare?.Invoke(server);
        var began = time.GetUtcNow();
        var request = new SecretRequest(github, Name("acme/devops"), SecretScope.Of(Name("acme/web"))) { Overwrite = overwrite };
        var asking = request.RunAsync(names, CancellationToken.None);
        // One timer is the deadline's; with the second it waits, and no request is under way.
        await ChangeReader.TickUntil(() => asking.IsCompleted, () =>
        {
            if (time.ArmedTimers > 1) time.Advance(TimeSpan.FromSeconds(1));
        });
        return (await asking, time.GetUtcNow() - began, server);
    }

    private static RepositoryName Name(string text) => RepositoryName.TryParse(text, out var name) ? name : throw new ArgumentException(text);
}
