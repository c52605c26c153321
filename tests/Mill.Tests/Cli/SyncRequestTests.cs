using System.Text;
using Mill.Sync.Exports;
using Mill.Testing;
using Mill.Testing.GitHub;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary><c>mill sync request</c>, and <c>mill sync export</c> in the workflow that answers it.</summary>
public sealed class SyncRequestTests : IAsyncLifetime, IDisposable
{
    private const string Key = "-----BEGIN KEY-----\r\nfirst line\n\n  100% second line\n-----END KEY-----\n";

    private readonly TestDirectory _directory = new();
    private FakeGitHub _github = null!;
    private FakeRepository _source = null!;
    private FakeRepository _web = null!;
    private FakeOwner _acme = null!;
    private FakeToken _token = null!;

    private string Summary => _directory.File("summary.md");

    public async Task InitializeAsync()
    {
        _github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        _acme = _github.AddOrganization("acme");
        (_source, _web) = (_acme.AddRepository("devops"), _acme.AddRepository("web"));
        _token = _github.AddToken(FakeToken.Classic(["acme"], "repo"));
        _source.Secrets.Put("DB_PASSWORD", "canary-db");
        _source.Secrets.Put("SSH_DEPLOY", Key);
        _source.Secrets.Put("ROOT_PASSWORD", "canary-root");
        Answer("allow DB_*,SSH_DEPLOY,NOT_THERE acme/*");
    }

    public async Task DisposeAsync() => await _github.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_is_missing_is_asked_for_and_set_and_what_is_there_is_left_alone()
    {
        _web.Secrets.Put("HERE", "0");
        var session = Ask();
        Assert.Equal(0, await session.RunAsync("sync", "request", "HERE", "DB_PASSWORD", "ssh_deploy"));
        Assert.Equal(("canary-db", Key, "0"), (_web.Secrets.Text("DB_PASSWORD"), _web.Secrets.Text("SSH_DEPLOY"), _web.Secrets.Text("HERE")));
        Assert.Equal(["HERE\tpresent\t-", "DB_PASSWORD\tarrived\t-", "SSH_DEPLOY\tarrived\t-"], session.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Single(_github.Dispatches);
        Assert.Empty(_github.Violations);

        var again = Ask();
        Assert.Equal(0, await again.RunAsync("sync", "request", "HERE", "DB_PASSWORD", "--json"));
        Assert.Contains("\"state\":\"present\"", again.Output, StringComparison.Ordinal);
        Assert.Single(_github.Dispatches);
    }

    [Fact]
    public async Task More_than_one_run_can_bring_are_asked_for_by_nobody()
    {
        var session = Ask();
        Assert.Equal(7, await session.RunAsync(["sync", "request", .. Enumerable.Range(0, WorkflowFile.MostSecrets + 1).Select(i => $"NAME_{i}")]));
        Assert.Contains("21", session.Error, StringComparison.Ordinal);
        Assert.Empty(_github.Dispatches);
    }

    [Fact]
    public async Task What_the_organization_has_is_not_asked_for()
    {
        _acme.Secrets.Put("DB_PASSWORD", "of the organization");
        var session = Ask();
        Assert.Equal(0, await session.RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.Equal("DB_PASSWORD\tpresent\t-\n", session.Output);
        Assert.Empty(_github.Dispatches);
        Assert.Empty(_web.Secrets.Names);
    }

    [Fact]
    public async Task Whoever_has_no_token_is_told_which_one_each_command_needs()
    {
        await File.WriteAllTextAsync(_directory.File("mill-sync.yaml"), "targets: [{to: acme/web, secrets: [A]}]");
        foreach (var (command, needs) in new[] { ("check", "may read the secrets"), ("push", "may write the secrets"), ("watch", "may write the secrets"), ("request", "Contents, write, and Actions, read") })
        {
            var session = Ask();
            session.Variables.Remove("GH_PAT");
            session.Variables["MILL_TOKEN"] = "mill_of-the-vault";
            Assert.Equal(4, await session.RunAsync(["sync", command, .. command is "check" or "request" ? ["A"] : Array.Empty<string>()]));
            Assert.Contains(needs, session.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Whoever_is_outside_the_policy_gets_nothing_and_leaves_a_record()
    {
        var session = Ask();
        Assert.Equal(3, await session.RunAsync("sync", "request", "ROOT_PASSWORD"));
        Assert.Empty(_web.Secrets.Names);
        Assert.Contains("ended with failure", session.Error, StringComparison.Ordinal);
        var record = await File.ReadAllTextAsync(Summary);
        Assert.Contains("acme/web", record, StringComparison.Ordinal);
        Assert.Contains("| ROOT_PASSWORD | denied |", record, StringComparison.Ordinal);
        // One that may be had, and is not there, is another thing.
        Assert.Equal(3, await Ask().RunAsync("sync", "request", "NOT_THERE"));
        Assert.Contains("| NOT_THERE | missing |", await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"request_id":"1","target_repo":"acme/web","Secrets":["ROOT_PASSWORD"],"secret_name":"DB_PASSWORD"}""")]
    [InlineData("""{"request_id":"1","target_repo":"acme/web","Secrets":["ROOT_PASSWORD"],"secrets":["DB_PASSWORD"]}""")]
    [InlineData("""{"request_id":"1","target_repo":"acme/web","secrets":["MILL_EXPORT_TOKEN"]}""")]
    public async Task No_payload_makes_a_value_leave_that_the_policy_did_not_judge(string payload)
    {
        Answer("allow DB_* acme/*\nallow MILL_* acme/*");
        _source.Secrets.Put("MILL_EXPORT_TOKEN", "canary-token");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_github.Address, "repos/acme/devops/dispatches"))
        {
            Content = new StringContent($$"""{"event_type":"export-secret","client_payload":{{payload}}}""", Encoding.UTF8, "application/json"),
            Headers = { { "Authorization", $"Bearer {_token.Text}" }, { "User-Agent", "test" } },
        };
        using var answer = await http.SendAsync(request);
        Assert.Equal(204, (int)answer.StatusCode);
        await Until(() => _github.Runs is [{ Status: "completed" }]);
        Assert.DoesNotContain(_web.Secrets.Names, name => _web.Secrets.Text(name)!.Contains("canary-root", StringComparison.Ordinal) || _web.Secrets.Text(name)!.Contains("canary-token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_there_already_is_replaced_only_where_somebody_says_so()
    {
        _web.Secrets.Put("DB_PASSWORD", "0");
        Assert.Equal(0, await Ask().RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.Equal("0", _web.Secrets.Text("DB_PASSWORD"));
        Assert.Equal(0, await Ask().RunAsync("sync", "request", "DB_PASSWORD", "--overwrite"));
        Assert.Equal("canary-db", _web.Secrets.Text("DB_PASSWORD"));
    }

    [Theory]
    [InlineData("allow * acme/*\nnonsense")]
    [InlineData("")]
    public async Task A_policy_that_cannot_be_read_allows_nothing(string policy)
    {
        Answer(policy);
        Assert.Equal(3, await Ask().RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.Empty(_web.Secrets.Names);
    }

    [Fact]
    public async Task An_environment_may_have_them()
    {
        var environment = _web.AddEnvironment("production");
        Assert.Equal(0, await Ask().RunAsync("sync", "request", "DB_PASSWORD", "--environment", "production"));
        Assert.Equal("canary-db", environment.Text("DB_PASSWORD"));
        Assert.Empty(_web.Secrets.Names);
    }

    [Fact]
    public async Task What_is_not_known_is_not_asked_for()
    {
        _github.Inject(FakeFault.RateLimit(403, reset: TimeSpan.FromHours(1)));
        Assert.Equal(10, await Ask().RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.Empty(_github.Dispatches);
    }

    [Fact]
    public async Task A_source_that_is_not_there_is_told_as_it_was_and_why()
    {
        var session = Ask();
        Assert.Equal(3, await session.RunAsync("sync", "request", "DB_PASSWORD", "--source", "acme/nowhere"));
        Assert.Contains("Export dispatch failed (http 404)", session.Error, StringComparison.Ordinal);
        var nobody = Ask();
        nobody.Variables.Remove("GH_PAT");
        Assert.Equal(4, await nobody.RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.Contains("No auth token (GH_PAT or GITHUB_TOKEN) available", nobody.Error, StringComparison.Ordinal);
        var unsaid = Ask();
        unsaid.Variables.Remove("SOURCE_SECRETS_REPO");
        Assert.Equal(2, await unsaid.RunAsync("sync", "request", "DB_PASSWORD"));
        // A directory behind the name names no other secrets.
        Assert.Equal(0, await Ask().RunAsync("sync", "request", "DB_PASSWORD", "--source", "acme/devops/docs"));
    }

    [Fact]
    public async Task What_does_not_come_in_time_is_told_as_it_was_and_why()
    {
        _acme.AddRepository("silent");
        var session = Ask();
        Assert.Equal(10, await session.RunAsync("sync", "request", "DB_PASSWORD", "--source", "acme/silent", "--deadline", "1s"));
        Assert.Contains("error: Timeout waiting for DB_PASSWORD. No run of a workflow in acme/silent took the event within 1 s: .github/workflows/export-secret.yml may be missing from its default branch", session.Error, StringComparison.Ordinal);
        Assert.Single(_github.Dispatches);
    }

    [Fact]
    public async Task A_404_after_the_event_is_no_failed_dispatch()
    {
        _github.Inject(FakeFault.Error(404) with { Times = int.MaxValue, When = request => request.Path.EndsWith("/actions/runs", StringComparison.Ordinal) });
        var session = Ask();
        Assert.Equal(0, await session.RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.Equal("DB_PASSWORD\tarrived\t-\n", session.Output);
        Assert.DoesNotContain("Export dispatch failed", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_Actions_is_told_that_it_does_not_see_what_arrived_for_its_repository()
    {
        _web.AddEnvironment("production");
        foreach (var (environment, isTold) in new[] { ("", true), ("production", false) })
        {
            var session = Ask();
            session.Variables["GITHUB_RUN_ID"] = "7";
            Assert.Equal(0, await session.RunAsync(["sync", "request", "DB_PASSWORD", .. environment is "" ? Array.Empty<string>() : ["--environment", environment, "--overwrite"]]));
            Assert.Equal(isTold, session.Error.Contains("note: the run that this is does not see them", StringComparison.Ordinal));
        }
        // Nothing came, so nothing is too late.
        var again = Ask();
        again.Variables["GITHUB_RUN_ID"] = "7";
        Assert.Equal(0, await again.RunAsync("sync", "request", "DB_PASSWORD"));
        Assert.DoesNotContain("note:", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wait_that_is_longer_than_any_run_is_refused_before_anybody_is_asked()
    {
        Assert.Equal(2, await Ask().RunAsync("sync", "request", "DB_PASSWORD", "--deadline", "60d"));
        Assert.Empty(_github.Dispatches);
    }

    [Fact]
    public async Task The_workflow_is_written_once_and_not_over_another()
    {
        Directory.CreateDirectory(_directory.File(".git"));
        var file = _directory.File(WorkflowFile.Path);
        for (var i = 0; i < 2; i++) Assert.Equal(0, await new Session { Directory = _directory.Path }.RunAsync("sync", "init-export"));
        Assert.Equal(WorkflowFile.Text(), await File.ReadAllTextAsync(file));
        await File.WriteAllTextAsync(file, "mine");
        Assert.Equal(6, await new Session { Directory = _directory.Path }.RunAsync("sync", "init-export"));
        Assert.Equal("mine", await File.ReadAllTextAsync(file));
        Assert.Equal(0, await new Session { Directory = _directory.Path }.RunAsync("sync", "init-export", "--force"));
        Assert.Equal(WorkflowFile.Text(), await File.ReadAllTextAsync(file));
    }

    /// <summary>From here on requests are answered so.</summary>
    private void Answer(string policy)
    {
        _source.RemoveWorkflows();
        _source.AddWorkflow(new ExportJob(_github, _token, policy) { Summary = Summary }.Workflow());
    }

    private static Task Until(Func<bool> holds) => ChangeReader.TickUntil(holds, () => { });

    private Session Ask() => new()
    {
        Directory = _directory.Path,
        Variables = { ["GITHUB_API_URL"] = _github.Address.ToString(), ["GH_PAT"] = _token.Text, ["GITHUB_REPOSITORY"] = "acme/web", ["SOURCE_SECRETS_REPO"] = "acme/devops" },
    };
}
