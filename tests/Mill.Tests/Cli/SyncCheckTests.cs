using System.Text.Json;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary><c>mill sync check</c>: what counts, and what it comes to.</summary>
public sealed class SyncCheckTests : IAsyncLifetime
{
    private SyncRig _rig = null!;

    public async Task InitializeAsync() => _rig = await SyncRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task Names_that_are_all_there_end_well()
    {
        _rig.Web.Secrets.Put("A", "x");
        _rig.Acme.Secrets.Put("B", "x");
        var session = _rig.Session();
        Assert.Equal(0, await session.RunAsync("sync", "check", "a", "B", "--repo", "acme/web"));
        Assert.Equal(["A\tpresent\t-\tacme/web", "B\tpresent\t-\tacme"], SyncRig.Rows(session));
        Assert.Equal("checking acme/web (from --repo): 2 secrets from the command line\nall 2 secrets are there\n", session.Error);
    }

    [Fact]
    public async Task A_second_check_inside_a_wait_that_GitHub_asked_for_asks_nothing()
    {
        var home = Path.Combine(_rig.Directory, "home");
        var session = _rig.Session();
        session.Variables["HOME"] = home;
        _rig.GitHub.Inject(FakeFault.RateLimit(429, TimeSpan.FromHours(1)));
        Assert.Equal(10, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        var asked = _rig.GitHub.Requests.Count;
        Assert.Equal(10, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Equal(asked, _rig.GitHub.Requests.Count);
        Assert.Empty(_rig.GitHub.Violations);
        // What is noted is a moment, and gives no token away.
        Assert.All(Directory.GetFiles(home, "*", SearchOption.AllDirectories), file => Assert.DoesNotContain(session.Variables["GH_PAT"]!, file + File.ReadAllText(file), StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        _rig.Web.Secrets.Put("A", "x");
        var session = _rig.Session();
        session.Variables["GITHUB_REPOSITORY"] = "acme/web";
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "B", "C"));
        Assert.Equal(["A\tpresent\t-\tacme/web", "B\tmissing\t-\t-", "C\tmissing\t-\t-"], SyncRig.Rows(session));
        Assert.Contains("(from GITHUB_REPOSITORY)", session.Error, StringComparison.Ordinal);
        Assert.Contains("error: 2 secrets missing in acme/web: B, C.\nhint: ", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_names_the_file_says_what_is_needed_with_its_groups()
    {
        _rig.Write("mill-sync.yaml", "require: [DEPLOY_KEY]\ngroups: {DEPLOY_KEY: [DEPLOY_HOST]}\n");
        _rig.Write(".github/workflows/ci.yml", SyncRig.Workflow);
        _rig.Web.Secrets.Put("DEPLOY_KEY", "x");
        var session = _rig.Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Equal(["DEPLOY_KEY\tpresent\t-\tacme/web", "DEPLOY_HOST\tmissing\t-\t-"], SyncRig.Rows(session));
        Assert.Contains("2 secrets from mill-sync.yaml\n", session.Error, StringComparison.Ordinal);
        Assert.Contains("note: DEPLOY_HOST is needed because DEPLOY_KEY is.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_either_the_workflows_do_with_their_environments()
    {
        _rig.Checkout();
        _rig.Write(".github/workflows/ci.yml", SyncRig.Workflow);
        _rig.Web.AddEnvironment("production").Put("DEPLOY_KEY", "x");
        var below = Directory.CreateDirectory(Path.Combine(_rig.Directory, "src")).FullName;
        var session = _rig.Session(below);
        Assert.Equal(3, await session.RunAsync("sync", "check"));
        Assert.Equal(["DEPLOY_KEY\tpresent\tproduction\tacme/web@production", "SLACK\tmissing\tproduction\t-"], SyncRig.Rows(session));
        Assert.Contains("checking acme/web (from the git remote origin): 2 secrets from ../.github/workflows\n", session.Error, StringComparison.Ordinal);
        Assert.Contains("note: ../.github/workflows/ci.yml:7:51: Which secret this is, is known only when the workflow runs.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_is_unknown_and_not_missing()
    {
        _rig.Web.Secrets.Put("A", "x");
        var session = _rig.Session(scopes: []);
        Assert.NotEqual(3, await session.RunAsync("sync", "check", "A", "B", "--repo", "acme/web"));
        Assert.Equal(["A\tunknown\t-\t-", "B\tunknown\t-\t-"], SyncRig.Rows(session));
        Assert.Contains("error: Whether acme/web has A, B is not known: ", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_nobody_sees_is_not_one_without_secrets()
    {
        var session = _rig.Session();
        Assert.Equal(10, await session.RunAsync("sync", "check", "A", "--repo", "acme/other", "--json"));
        using var document = JsonDocument.Parse(session.Output);
        Assert.Equal("unknown", SyncRig.Text(document.RootElement.GetProperty("secrets")[0], "state"));
        Assert.Equal("acme/other", SyncRig.Text(document.RootElement.GetProperty("unread")[0], "where"));
        Assert.Contains("could not be read", document.RootElement.GetProperty("secrets")[0].GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_taken_has_its_own_exit_code_and_hint()
    {
        var session = _rig.Session();
        session.Variables["GH_PAT"] = "ghp_canary";
        Assert.Equal(4, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.DoesNotContain("MILL_TOKEN", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", session.Error + session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_unknown_comes_before_what_is_missing()
    {
        _rig.Web.AddEnvironment("here");
        _rig.Write(".github/workflows/ci.yml", "jobs:\n a: {environment: nowhere, x: \"${{ secrets.A }}\"}\n b: {environment: here, x: \"${{ secrets.B }}\"}\n");
        var session = _rig.Session();
        Assert.Equal(10, await session.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Contains(" Missing: B.\n", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GH_PAT", "GH_ENTERPRISE_TOKEN")]
    [InlineData("GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN")]
    [InlineData("GITHUB_ENTERPRISE_TOKEN", "GITHUB_TOKEN", "GH_TOKEN")]
    public async Task The_first_token_that_is_set_counts(params string[] names)
    {
        var session = _rig.Session();
        var token = session.Variables["GH_PAT"];
        session.Variables.Remove("GH_PAT");
        foreach (var name in names) session.Variables[name] = "ghp_wrong";
        session.Variables[names[0]] = token;
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
    }

    [Fact]
    public async Task No_token_is_an_error_with_a_true_hint()
    {
        var session = _rig.Session();
        session.Variables.Remove("GH_PAT");
        Assert.Equal(4, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.EndsWith(
            $"error: No auth token (GH_PAT or GITHUB_TOKEN) available.\nhint: {_rig.GitHub.Address.Authority} is not github.com: set GH_PAT, or GH_ENTERPRISE_TOKEN, to a token of that server. GH_TOKEN, and a GITHUB_TOKEN of another server, are never sent there. Set GH_PAT to a personal access token that may read the secrets of the repository (fine-grained: Secrets, read; classic: repo). The GITHUB_TOKEN that Actions makes for a run may not.\n",
            session.Error,
            StringComparison.Ordinal);
        Assert.Empty(_rig.GitHub.Requests);
    }

    [Fact]
    public async Task An_address_where_others_could_read_the_token_is_refused()
    {
        foreach (var (address, expected) in new[] { ("http://git.example/api/v3", "not https"), ("git.example", "not the address"), ("https://u:p@git.example/api/v3", "not the address") })
        {
            var session = _rig.Session();
            session.Variables["GITHUB_API_URL"] = address;
            Assert.Equal(2, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
            Assert.Contains(expected, session.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_repository_is_an_error_and_never_success()
    {
        var session = _rig.Session();
        Assert.Equal(2, await session.RunAsync("sync", "check", "A"));
        Assert.Contains("error: Nothing says which repository is meant", session.Error, StringComparison.Ordinal);
        Assert.Contains("hint: Name it with --repo OWNER/NAME", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_is_needed_is_an_error_unless_there_are_workflows()
    {
        var session = _rig.Session();
        Assert.Equal(2, await session.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Contains("error: Nothing says which secrets are needed", session.Error, StringComparison.Ordinal);

        _rig.Write(".github/workflows/ci.yml", "on: push\njobs: {}\n");
        var idle = _rig.Session();
        Assert.Equal(0, await idle.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Contains("no secret is needed\n", idle.Error, StringComparison.Ordinal);
        Assert.Empty(_rig.GitHub.Requests);
    }

    [Fact]
    public async Task An_environment_that_is_named_stands_in_where_the_workflow_names_none()
    {
        _rig.Write("w/ci.yml", "jobs:\n a: {environment: \"${{ inputs.x }}\", x: \"${{ secrets.A }}\"}\n b: {environment: other, x: \"${{ secrets.A }}\"}\n");
        _rig.Web.AddEnvironment("staging").Put("A", "x");
        _rig.Web.AddEnvironment("other");
        var session = _rig.Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "--workflows", "w", "--repo", "acme/web", "--environment", "staging"));
        Assert.Equal(["A\tpresent\tstaging\tacme/web@staging", "A\tmissing\tother\t-"], SyncRig.Rows(session));
    }

    [Fact]
    public async Task Dependabot_has_a_store_of_its_own()
    {
        _rig.Web.Secrets.Put("A", "x");
        _rig.Web.Store(FakeStore.Dependabot).Put("B", "x");
        var session = _rig.Session(scopes: ["repo", "admin:org"]);
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "B", "--repo", "acme/web", "--store", "dependabot"));
        Assert.Equal(["A\tmissing\t-\t-", "B\tpresent\t-\tacme/web:dependabot"], SyncRig.Rows(session));
    }

    [Theory]
    [InlineData("--json", "--sarif")]
    [InlineData("--store", "dependabot", "--environment", "x")]
    [InlineData("--store", "agents")]
    [InlineData("--environment", "")]
    [InlineData("--workflows", "nowhere")]
    [InlineData("--file", "nowhere.yaml")]
    [InlineData("--repo", "acme")]
    public async Task What_cannot_be_meant_is_refused(params string[] options)
    {
        var session = _rig.Session();
        Assert.Equal(2, await session.RunAsync(["sync", "check", "A", "--repo=acme/web", .. options]));
        Assert.Empty(_rig.GitHub.Requests);
    }

    [Fact]
    public async Task Names_that_github_does_not_take_are_all_listed()
    {
        var session = _rig.Session();
        Assert.Equal(7, await session.RunAsync("sync", "check", "A-B", "GITHUB_TOKEN", "--repo", "acme/web"));
        Assert.Contains("  - \"A-B\": only letters, digits and underscores may be in it.\n  - \"GITHUB_TOKEN\": names that begin with GITHUB_ are GitHub's own.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_wrong_in_the_file_is_said_with_its_place()
    {
        _rig.Write("mill-sync.yaml", "requires: [A]\ntargets: [{}]\n");
        var session = _rig.Session();
        Assert.Equal(7, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Contains("  - mill-sync.yaml:1:1: There is no key \"requires\" here: did you mean require?\n", session.Error, StringComparison.Ordinal);
    }
}
