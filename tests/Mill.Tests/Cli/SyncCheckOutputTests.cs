using System.Text.Json;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What <c>mill sync check</c> prints, for people and for programs.</summary>
public sealed class SyncCheckOutputTests : IAsyncLifetime
{
    private SyncRig _rig = null!;

    public async Task InitializeAsync() => _rig = await SyncRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task On_a_screen_it_is_a_table()
    {
        _rig.Web.Secrets.Put("A", "x");
        var session = _rig.Session();
        session.IsTerminal = true;
        Assert.Equal(0, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.StartsWith("NAME  STATE    ENVIRONMENT  WHERE     UPDATED\nA     present  -            acme/web  20", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_tells_everything()
    {
        _rig.Write("mill-sync.yaml", "groups: {DEPLOY_KEY: [DEPLOY_USER]}\n");
        _rig.Write(".github/workflows/ci.yml", SyncRig.Workflow);
        _rig.Web.AddEnvironment("production").Put("DEPLOY_KEY", "x");
        var session = _rig.Session();
        _rig.Acme.Secrets.Put("OF_ACME", "x");
        using (var inherited = JsonDocument.Parse(await OutputAsync("sync", "check", "OF_ACME", "--repo", "acme/web", "--json")))
        {
            var found = inherited.RootElement.GetProperty("secrets")[0];
            Assert.Equal(("present", "acme", "organization"), (SyncRig.Text(found, "state"), SyncRig.Text(found, "where"), SyncRig.Text(found, "level")));
        }
        Assert.Equal(3, await session.RunAsync("sync", "check", "--repo", "acme/web", "--json"));
        using var document = JsonDocument.Parse(session.Output);
        var root = document.RootElement;
        Assert.Equal(("acme/web", "--repo", "actions", ".github/workflows"), (SyncRig.Text(root, "repository"), SyncRig.Text(root, "repository_from"), SyncRig.Text(root, "store"), SyncRig.Text(root, "names_from")));
        Assert.Equal((1, 2, 0), (root.GetProperty("present").GetInt32(), root.GetProperty("missing").GetInt32(), root.GetProperty("unknown").GetInt32()));
        var secrets = root.GetProperty("secrets").EnumerateArray().ToDictionary(secret => SyncRig.Text(secret, "name"));
        Assert.Equal(("present", "production", "acme/web@production", "environment"), (SyncRig.Text(secrets["DEPLOY_KEY"], "state"), SyncRig.Text(secrets["DEPLOY_KEY"], "environment"), SyncRig.Text(secrets["DEPLOY_KEY"], "where"), SyncRig.Text(secrets["DEPLOY_KEY"], "level")));
        Assert.True(secrets["DEPLOY_KEY"].GetProperty("updated_at").GetDateTimeOffset().Year > 2000);
        Assert.Equal(("missing", "DEPLOY_KEY"), (SyncRig.Text(secrets["DEPLOY_USER"], "state"), SyncRig.Text(secrets["DEPLOY_USER"], "brought_by")));
        var place = secrets["SLACK"].GetProperty("places")[0];
        Assert.Equal((".github/workflows/ci.yml", 7, 36), (SyncRig.Text(place, "file"), place.GetProperty("line").GetInt32(), place.GetProperty("column").GetInt32()));
        Assert.Equal("computed_name", SyncRig.Text(root.GetProperty("notes")[0], "code"));
        using var error = JsonDocument.Parse(session.Error);
        Assert.Equal("not_found", SyncRig.Text(error.RootElement, "code"));
    }

    [Fact]
    public async Task Sarif_shows_what_is_not_there_beside_the_line()
    {
        _rig.Checkout();
        _rig.Write(".github/workflows/ci & cd.yml", SyncRig.Workflow);
        _rig.Web.AddEnvironment("production").Put("DEPLOY_KEY", "x");
        var session = _rig.Session(Directory.CreateDirectory(Path.Combine(_rig.Directory, "src")).FullName);
        Assert.Equal(3, await session.RunAsync("sync", "check", "--sarif"));
        using var document = JsonDocument.Parse(session.Output);
        var root = document.RootElement;
        Assert.Equal(("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json"), (SyncRig.Text(root, "version"), SyncRig.Text(root, "$schema")));
        var run = Assert.Single(root.GetProperty("runs").EnumerateArray());
        var driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("mill", SyncRig.Text(driver, "name"));
        var rules = driver.GetProperty("rules").EnumerateArray().Select(rule => SyncRig.Text(rule, "id")).ToList();
        var results = run.GetProperty("results").EnumerateArray().ToList();
        Assert.All(results, result => Assert.Equal(SyncRig.Text(result, "ruleId"), rules[result.GetProperty("ruleIndex").GetInt32()]));
        Assert.Equal(["missing-secret error 7:36", "computed-name note 7:51"], results.Select(Describe));
        Assert.Equal("The secret SLACK is missing in acme/web or its environment production.", SyncRig.Text(results[0].GetProperty("message"), "text"));
        // From the top of the repository, wherever one stands.
        Assert.Equal(".github/workflows/ci%20%26%20cd.yml", SyncRig.Text(results[0].GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation"), "uri"));

        static string Describe(JsonElement result)
        {
            var region = result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("region");
            return $"{SyncRig.Text(result, "ruleId")} {SyncRig.Text(result, "level")} {region.GetProperty("startLine").GetInt32()}:{region.GetProperty("startColumn").GetInt32()}";
        }
    }

    [Fact]
    public async Task A_name_that_was_typed_stands_in_no_line()
    {
        var session = _rig.Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "--repo", "acme/web", "--sarif"));
        using var document = JsonDocument.Parse(session.Output);
        Assert.Empty(document.RootElement.GetProperty("runs")[0].GetProperty("results")[0].GetProperty("locations").EnumerateArray());
    }

    [Fact]
    public async Task Sarif_keeps_the_rules_of_its_specification()
    {
        _rig.Checkout();
        _rig.Write(".github/workflows/ci & cd.yml", SyncRig.Workflow);
        _rig.Write(".github/workflows/other.yml", "jobs:\n a: {environment: 'x{0}', x: \"${{ secrets.A }}\"}\n b: {environment: '${{ inputs.y }}', uses: ./x.yml, secrets: inherit, x: \"${{ secrets.B }} ${{ toJSON(secrets) }} ${{ secrets.GITHUB_X }}\"}\n");
        _rig.Write(".github/workflows/broken.yml", "- {");
        _rig.Write("mill-sync.yaml", "groups: {SLACK: [SLACK_URL]}\n");
        foreach (var arguments in (string[][])[[], ["TYPED", "--environment", "x{0}"], ["TYPED", "--repo", "acme/nowhere"]])
        {
            var session = _rig.Session();
            Assert.NotEqual(0, await session.RunAsync(["sync", "check", "--sarif", .. arguments]));
            using var document = JsonDocument.Parse(session.Output);
            Assert.Empty(SarifRules.Faults(document.RootElement));
            Assert.NotEmpty(document.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray());
        }
    }

    [Theory]
    [InlineData("--json")]
    [InlineData("--sarif")]
    public async Task A_wait_for_GitHub_is_told_to_people_only(string option)
    {
        await using var rig = await SyncRig.StartHastyAsync();
        rig.Web.Secrets.Put("A", "x");
        foreach (var (options, isTold) in new[] { (Array.Empty<string>(), true), ([option], false) })
        {
            rig.GitHub.Inject(FakeFault.RateLimit(429, retryAfter: TimeSpan.FromSeconds(20)));
            var session = rig.Session();
            Assert.Equal(0, await session.RunAsync(["sync", "check", "A", "--repo", "acme/web", .. options]));
            Assert.Equal(isTold, session.Error.Contains("waiting", StringComparison.Ordinal));
            if (!isTold) Assert.Equal("", session.Error);
        }
    }

    [Fact]
    public async Task A_hint_is_for_the_server_that_was_asked()
    {
        var session = _rig.Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Contains($"gh secret set NAME --repo {_rig.GitHub.Address.Host}/acme/web\n", session.Error, StringComparison.Ordinal);

        await using var rig = await SyncRig.StartHastyAsync();
        rig.Acme.AddRepository("devops");
        var request = rig.Session();
        Assert.Equal(10, await request.RunAsync("sync", "request", "A", "--repo", "acme/web", "--source", "acme/devops", "--deadline", "60s"));
        Assert.Contains($"https://{rig.GitHub.Address.Host}/acme/devops/actions", request.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("repo", "hint: Check the name. The token has the scope for it (repo): its owner may have no access.\n")]
    [InlineData("gist", "The token has the scopes gist; this needs repo.\n")]
    [InlineData(null, "hint: The token needs these permissions: secrets=read. The GITHUB_TOKEN of a workflow cannot be given them for secrets, nor any for another repository: set GH_PAT.\n")]
    public async Task A_hint_names_what_the_token_lacks_and_nothing_that_it_has(string? scope, string hint)
    {
        var session = _rig.Session(scopes: [scope ?? "repo"]);
        if (scope is null) session.Variables["GH_PAT"] = _rig.GitHub.AddToken(FakeToken.Workflow(_rig.Web)).Text;
        Assert.NotEqual(0, await session.RunAsync(["sync", "check", "A", "--repo", "acme/web", .. scope is "repo" ? ["--environment", "nowhere"] : Array.Empty<string>()]));
        Assert.EndsWith(hint, session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_called_so()
    {
        var session = _rig.Session();
        Assert.Equal(2, await session.RunAsync("sync", "push"));
        Assert.Equal("error: There is no mill-sync.yaml.\nhint: It says who is to have what (targets:), and what a build needs (require:). Write one, or name another with --file.\n", session.Error);
        Assert.Equal(2, await session.RunAsync("sync", "check", "A", "--file", "nope.yaml"));
        Assert.Contains("error: There is no nope.yaml.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_fails_makes_unknown_and_sends_no_event()
    {
        await using var rig = await SyncRig.StartHastyAsync();
        for (var i = 0; i < 250; i++) rig.Acme.Secrets.Put($"O{i:000}", "x");
        rig.Acme.AddRepository("devops").AddWorkflow(new());
        rig.GitHub.Inject(FakeFault.ErrorOnPage(2));
        var check = rig.Session();
        Assert.Equal(9, await check.RunAsync("sync", "check", "O000", "NONE", "--repo", "acme/web"));
        Assert.Equal(["O000\tunknown\t-\t-", "NONE\tunknown\t-\t-"], SyncRig.Rows(check));
        var request = rig.Session();
        Assert.Equal(9, await request.RunAsync("sync", "request", "O000", "NONE", "--repo", "acme/web", "--source", "acme/devops"));
        Assert.Empty(rig.GitHub.Dispatches);
        Assert.DoesNotContain(rig.GitHub.Requests, request => request.IsWrite);
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var session = _rig.Session();
        Assert.Equal(0, await session.RunAsync(arguments));
        return session.Output;
    }
}
