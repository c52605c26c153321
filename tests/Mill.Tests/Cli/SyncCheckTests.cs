using System.Text.Json;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Cli;

public sealed class SyncCheckTests : IAsyncLifetime
{
    private const string Workflow = """
        on: push
        jobs:
          deploy:
            environment: production
            steps:
              - run: ./deploy "${{ secrets.DEPLOY_KEY }}"
              - run: ./notify "${{ secrets.SLACK }}" "${{ secrets[matrix.x] }}"
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-sync-").FullName;
    private FakeGitHub _github = null!;
    private FakeOwner _acme = null!;
    private FakeRepository _web = null!;

    public async Task InitializeAsync()
    {
        _github = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        _acme = _github.AddOrganization("acme");
        _web = _acme.AddRepository("web");
    }

    public async Task DisposeAsync()
    {
        await _github.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Names_that_are_all_there_end_well()
    {
        _web.Secrets.Put("A", "x");
        _acme.Secrets.Put("B", "x");
        var session = Session();
        Assert.Equal(0, await session.RunAsync("sync", "check", "a", "B", "--repo", "acme/web"));
        Assert.Equal(["A\tpresent\t-\tacme/web", "B\tpresent\t-\tacme"], Rows(session));
        Assert.Equal("checking acme/web (from --repo): 2 secrets from the command line\nall 2 secrets are there\n", session.Error);
    }

    [Fact]
    public async Task What_is_missing_is_named()
    {
        _web.Secrets.Put("A", "x");
        var session = Session();
        session.Variables["GITHUB_REPOSITORY"] = "acme/web";
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "B", "C"));
        Assert.Equal(["A\tpresent\t-\tacme/web", "B\tmissing\t-\t-", "C\tmissing\t-\t-"], Rows(session));
        Assert.Contains("(from GITHUB_REPOSITORY)", session.Error, StringComparison.Ordinal);
        Assert.Contains("error: 2 secrets missing in acme/web: B, C.\nhint: ", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_names_the_file_says_what_is_needed_with_its_groups()
    {
        Write("mill-sync.yaml", "require: [DEPLOY_KEY]\ngroups: {DEPLOY_KEY: [DEPLOY_HOST]}\n");
        Write(".github/workflows/ci.yml", Workflow);
        _web.Secrets.Put("DEPLOY_KEY", "x");
        var session = Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Equal(["DEPLOY_KEY\tpresent\t-\tacme/web", "DEPLOY_HOST\tmissing\t-\t-"], Rows(session));
        Assert.Contains("2 secrets from mill-sync.yaml\n", session.Error, StringComparison.Ordinal);
        Assert.Contains("note: DEPLOY_HOST is needed because DEPLOY_KEY is.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_either_the_workflows_do_with_their_environments()
    {
        Checkout();
        Write(".github/workflows/ci.yml", Workflow);
        _web.AddEnvironment("production").Put("DEPLOY_KEY", "x");
        var below = Directory.CreateDirectory(Path.Combine(_directory, "src")).FullName;
        var session = Session(below);
        Assert.Equal(3, await session.RunAsync("sync", "check"));
        Assert.Equal(["DEPLOY_KEY\tpresent\tproduction\tacme/web@production", "SLACK\tmissing\tproduction\t-"], Rows(session));
        Assert.Contains("checking acme/web (from the git remote origin): 2 secrets from ../.github/workflows\n", session.Error, StringComparison.Ordinal);
        Assert.Contains("note: ../.github/workflows/ci.yml:7:51: Which secret this is, is known only when the workflow runs.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_screen_it_is_a_table()
    {
        _web.Secrets.Put("A", "x");
        var session = Session();
        session.IsTerminal = true;
        Assert.Equal(0, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.StartsWith("NAME  STATE    ENVIRONMENT  WHERE     UPDATED\nA     present  -            acme/web  20", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_tells_everything()
    {
        Write("mill-sync.yaml", "groups: {DEPLOY_KEY: [DEPLOY_USER]}\n");
        Write(".github/workflows/ci.yml", Workflow);
        _web.AddEnvironment("production").Put("DEPLOY_KEY", "x");
        var session = Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "--repo", "acme/web", "--json"));
        using var document = JsonDocument.Parse(session.Output);
        var root = document.RootElement;
        Assert.Equal(("acme/web", "--repo", "actions", ".github/workflows"), (Text(root, "repository"), Text(root, "repository_from"), Text(root, "store"), Text(root, "names_from")));
        Assert.Equal((1, 2, 0), (root.GetProperty("present").GetInt32(), root.GetProperty("missing").GetInt32(), root.GetProperty("unknown").GetInt32()));
        var secrets = root.GetProperty("secrets").EnumerateArray().ToDictionary(secret => Text(secret, "name"));
        Assert.Equal(("present", "production", "acme/web@production", "environment"), (Text(secrets["DEPLOY_KEY"], "state"), Text(secrets["DEPLOY_KEY"], "environment"), Text(secrets["DEPLOY_KEY"], "where"), Text(secrets["DEPLOY_KEY"], "level")));
        Assert.True(secrets["DEPLOY_KEY"].GetProperty("updated_at").GetDateTimeOffset().Year > 2000);
        Assert.Equal(("missing", "DEPLOY_KEY"), (Text(secrets["DEPLOY_USER"], "state"), Text(secrets["DEPLOY_USER"], "brought_by")));
        var place = secrets["SLACK"].GetProperty("places")[0];
        Assert.Equal((".github/workflows/ci.yml", 7, 36), (Text(place, "file"), place.GetProperty("line").GetInt32(), place.GetProperty("column").GetInt32()));
        Assert.Equal("computed_name", Text(root.GetProperty("notes")[0], "code"));
        using var error = JsonDocument.Parse(session.Error);
        Assert.Equal("not_found", Text(error.RootElement, "code"));
    }

    [Fact]
    public async Task Sarif_shows_what_is_not_there_beside_the_line()
    {
        Checkout();
        Write(".github/workflows/ci & cd.yml", Workflow);
        _web.AddEnvironment("production").Put("DEPLOY_KEY", "x");
        var session = Session(Directory.CreateDirectory(Path.Combine(_directory, "src")).FullName);
        Assert.Equal(3, await session.RunAsync("sync", "check", "--sarif"));
        using var document = JsonDocument.Parse(session.Output);
        var root = document.RootElement;
        Assert.Equal(("2.1.0", "https://json.schemastore.org/sarif-2.1.0.json"), (Text(root, "version"), Text(root, "$schema")));
        var run = Assert.Single(root.GetProperty("runs").EnumerateArray());
        var driver = run.GetProperty("tool").GetProperty("driver");
        Assert.Equal("mill", Text(driver, "name"));
        var rules = driver.GetProperty("rules").EnumerateArray().Select(rule => Text(rule, "id")).ToList();
        var results = run.GetProperty("results").EnumerateArray().ToList();
        Assert.All(results, result => Assert.Equal(Text(result, "ruleId"), rules[result.GetProperty("ruleIndex").GetInt32()]));
        Assert.Equal(["missing-secret error 7:36", "computed-name note 7:51"], results.Select(Describe));
        Assert.Equal("The secret SLACK is missing in acme/web or its environment production.", Text(results[0].GetProperty("message"), "text"));
        // From the top of the repository, wherever one stands.
        Assert.Equal(".github/workflows/ci%20%26%20cd.yml", Text(results[0].GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("artifactLocation"), "uri"));

        static string Describe(JsonElement result)
        {
            var region = result.GetProperty("locations")[0].GetProperty("physicalLocation").GetProperty("region");
            return $"{Text(result, "ruleId")} {Text(result, "level")} {region.GetProperty("startLine").GetInt32()}:{region.GetProperty("startColumn").GetInt32()}";
        }
    }

    [Fact]
    public async Task A_name_that_was_typed_stands_in_no_line()
    {
        var session = Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "--repo", "acme/web", "--sarif"));
        using var document = JsonDocument.Parse(session.Output);
        Assert.Empty(document.RootElement.GetProperty("runs")[0].GetProperty("results")[0].GetProperty("locations").EnumerateArray());
    }

    [Fact]
    public async Task A_refusal_is_unknown_and_not_missing()
    {
        _web.Secrets.Put("A", "x");
        var session = Session(scopes: []);
        Assert.NotEqual(3, await session.RunAsync("sync", "check", "A", "B", "--repo", "acme/web"));
        Assert.Equal(["A\tunknown\t-\t-", "B\tunknown\t-\t-"], Rows(session));
        Assert.Contains("error: Whether acme/web has A, B is not known: ", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_repository_that_nobody_sees_is_not_one_without_secrets()
    {
        var session = Session();
        Assert.Equal(10, await session.RunAsync("sync", "check", "A", "--repo", "acme/other", "--json"));
        using var document = JsonDocument.Parse(session.Output);
        Assert.Equal("unknown", Text(document.RootElement.GetProperty("secrets")[0], "state"));
        Assert.Equal("acme/other", Text(document.RootElement.GetProperty("unread")[0], "where"));
        Assert.Contains("could not be read", document.RootElement.GetProperty("secrets")[0].GetProperty("reasons")[0].GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_that_is_not_taken_has_its_own_exit_code_and_hint()
    {
        var session = Session();
        session.Variables["GH_PAT"] = "ghp_canary";
        Assert.Equal(4, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.DoesNotContain("MILL_TOKEN", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", session.Error + session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_unknown_comes_before_what_is_missing()
    {
        _web.AddEnvironment("here");
        Write(".github/workflows/ci.yml", "jobs:\n a: {environment: nowhere, x: \"${{ secrets.A }}\"}\n b: {environment: here, x: \"${{ secrets.B }}\"}\n");
        var session = Session();
        Assert.Equal(10, await session.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Contains(" Missing: B.\n", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "GITHUB_TOKEN", "GH_TOKEN")]
    [InlineData("GH_PAT", "GITHUB_TOKEN")]
    public async Task The_first_token_that_is_set_counts(params string?[] others)
    {
        var session = Session();
        var token = session.Variables["GH_PAT"];
        session.Variables.Remove("GH_PAT");
        var names = others.OfType<string>().ToList();
        foreach (var name in names) session.Variables[name] = "ghp_wrong";
        session.Variables[names[0]] = token;
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
    }

    [Fact]
    public async Task No_token_is_an_error_with_a_true_hint()
    {
        var session = Session();
        session.Variables.Remove("GH_PAT");
        Assert.Equal(4, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.EndsWith("error: No auth token (GH_PAT or GITHUB_TOKEN) available.\nhint: Set GH_PAT to a personal access token that may read the secrets of the repository (fine-grained: Secrets, read; classic: repo). The GITHUB_TOKEN that Actions makes for a run may not.\n", session.Error, StringComparison.Ordinal);
        Assert.Empty(_github.Requests);
    }

    [Fact]
    public async Task An_address_where_others_could_read_the_token_is_refused()
    {
        foreach (var (address, expected) in new[] { ("http://git.example/api/v3", "not https"), ("git.example", "not the address"), ("https://u:p@git.example/api/v3", "not the address") })
        {
            var session = Session();
            session.Variables["GITHUB_API_URL"] = address;
            Assert.Equal(2, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
            Assert.Contains(expected, session.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task No_repository_is_an_error_and_never_success()
    {
        var session = Session();
        Assert.Equal(2, await session.RunAsync("sync", "check", "A"));
        Assert.Contains("error: Nothing says which repository is meant", session.Error, StringComparison.Ordinal);
        Assert.Contains("hint: Name it with --repo OWNER/NAME", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_that_is_needed_is_an_error_unless_there_are_workflows()
    {
        var session = Session();
        Assert.Equal(2, await session.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Contains("error: Nothing says which secrets are needed", session.Error, StringComparison.Ordinal);

        Write(".github/workflows/ci.yml", "on: push\njobs: {}\n");
        var idle = Session();
        Assert.Equal(0, await idle.RunAsync("sync", "check", "--repo", "acme/web"));
        Assert.Contains("no secret is needed\n", idle.Error, StringComparison.Ordinal);
        Assert.Empty(_github.Requests);
    }

    [Fact]
    public async Task An_environment_that_is_named_stands_in_where_the_workflow_names_none()
    {
        Write("w/ci.yml", "jobs:\n a: {environment: \"${{ inputs.x }}\", x: \"${{ secrets.A }}\"}\n b: {environment: other, x: \"${{ secrets.A }}\"}\n");
        _web.AddEnvironment("staging").Put("A", "x");
        _web.AddEnvironment("other");
        var session = Session();
        Assert.Equal(3, await session.RunAsync("sync", "check", "--workflows", "w", "--repo", "acme/web", "--environment", "staging"));
        Assert.Equal(["A\tpresent\tstaging\tacme/web@staging", "A\tmissing\tother\t-"], Rows(session));
    }

    [Fact]
    public async Task Dependabot_has_a_store_of_its_own()
    {
        _web.Secrets.Put("A", "x");
        _web.Store(Mill.Core.Sync.SecretStore.Dependabot).Put("B", "x");
        var session = Session(scopes: ["repo", "admin:org"]);
        Assert.Equal(3, await session.RunAsync("sync", "check", "A", "B", "--repo", "acme/web", "--store", "dependabot"));
        Assert.Equal(["A\tmissing\t-\t-", "B\tpresent\t-\tacme/web:dependabot"], Rows(session));
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
        var session = Session();
        Assert.Equal(2, await session.RunAsync(["sync", "check", "A", "--repo=acme/web", .. options]));
        Assert.Empty(_github.Requests);
    }

    [Fact]
    public async Task Names_that_github_does_not_take_are_all_listed()
    {
        var session = Session();
        Assert.Equal(7, await session.RunAsync("sync", "check", "A-B", "GITHUB_TOKEN", "--repo", "acme/web"));
        Assert.Contains("  - \"A-B\": only letters, digits and underscores may be in it.\n  - \"GITHUB_TOKEN\": names that begin with GITHUB_ are GitHub's own.\n", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_wrong_in_the_file_is_said_with_its_place()
    {
        Write("mill-sync.yaml", "requires: [A]\ntargets: [{}]\n");
        var session = Session();
        Assert.Equal(7, await session.RunAsync("sync", "check", "A", "--repo", "acme/web"));
        Assert.Contains("  - mill-sync.yaml:1:1: There is no key \"requires\" here: did you mean require?\n", session.Error, StringComparison.Ordinal);
    }

    private Session Session(string? directory = null, string[]? scopes = null) => new()
    {
        Directory = directory ?? _directory,
        Variables = { ["GH_PAT"] = _github.AddToken(FakeToken.Classic(["acme"], scopes ?? ["repo"])).Text, ["GITHUB_API_URL"] = _github.Address.ToString().TrimEnd('/') },
    };

    private void Checkout() => Write(".git/config", $"[remote \"origin\"]\n\turl = https://{_github.Address.Host}/acme/web.git\n");

    private void Write(string name, string content)
    {
        var path = Path.Combine(_directory, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
    }

    /// <summary>Without the times.</summary>
    private static IEnumerable<string> Rows(Session session) => session.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(row => row[..row.LastIndexOf('\t')]);

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
