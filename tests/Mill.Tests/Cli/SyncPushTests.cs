using System.Text.Json;
using Mill.Sync.Pushing;
using Mill.Tests.Server.Fixture;
using Mill.Tests.Sync;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>From a vault to GitHub, over both APIs.</summary>
public sealed class SyncPushTests : IAsyncLifetime
{
    private const string Canary = "CANARY-77aa";

    private readonly string _directory = Directory.CreateTempSubdirectory("mill-push-").FullName;
    private TestServer _vault = null!;
    private FakeGitHub _gitHub = null!;
    private FakeRepository _web = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        _vault = await TestServer.StartAsync();
        _gitHub = await FakeGitHub.StartAsync(new() { Time = TimeProvider.System });
        _web = _gitHub.AddOrganization("acme").AddRepository("web");
        _web.AddEnvironment("prod");
        _token = _gitHub.AddToken(FakeToken.Classic(["acme"], "repo")).Text;
    }

    public async Task DisposeAsync()
    {
        await _gitHub.DisposeAsync();
        await _vault.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_push_brings_what_is_missing_and_a_second_one_nothing()
    {
        await SetAsync("db/password", Canary);
        Write("targets: [{to: acme/web, secrets: {DB_PASSWORD: db/password}}]");

        var dry = await RunAsync(0, "--dry-run");
        Assert.Equal("acme/web\tDB_PASSWORD\tmissing\tcreate\tplanned\tit is not there\n", dry.Output);
        Assert.Empty(_web.Secrets.Names);

        var first = await RunAsync(0);
        Assert.Equal("acme/web\tDB_PASSWORD\tmissing\tcreate\tdone\tit is not there\n", first.Output);
        Assert.Equal("[1/1] acme/web: create DB_PASSWORD\n1 done, in 1 target\n", first.Error);
        Assert.Equal(Canary, _web.Secrets.Text("DB_PASSWORD"));

        var requests = _gitHub.Requests.Count;
        var second = await RunAsync(0);
        Assert.Equal(("", "1 unchanged, in 1 target\n"), (second.Output, second.Error));
        Assert.Equal(1, _gitHub.Requests.Count - requests);
        Assert.Empty(_gitHub.Violations);

        var ledgers = Session();
        await ledgers.RunAsync("secret", "list", "--prefix", "mill-sync/");
        Assert.StartsWith("mill-sync/ledger/at/127.2e0.2e0.2e1.3a", ledgers.Output, StringComparison.Ordinal);
        Assert.Contains("/repo/acme/web/actions\t2\t", ledgers.Output, StringComparison.Ordinal); // the intent, and the entry
        Assert.DoesNotContain(Canary, _vault.Logs.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_left_alone_has_an_exit_code_of_its_own()
    {
        await SetAsync("a", "1");
        _web.Secrets.Put("A", "by hand");
        Write("targets: [{to: acme/web, secrets: {A: a}}]");
        Assert.Contains("foreign\tnone\tleft", (await RunAsync(6)).Output, StringComparison.Ordinal);
        Assert.Contains("done", (await RunAsync(0, "--overwrite")).Output, StringComparison.Ordinal);

        Write("targets: [{to: acme/web, secrets: {A: a, GONE: gone}}]");
        Assert.Contains("no_source", (await RunAsync(3)).Output, StringComparison.Ordinal);

        Write("targets: [{to: acme/web, secrets: {A: a, GONE: gone}}]\npolicy: [{deny: A, to: '*'}]");
        Assert.Contains("rule 1 of the policy denies A to *", (await RunAsync(5)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_prune_is_only_shown()
    {
        await SetAsync("a", "1");
        Write("targets: [{to: acme/web, secrets: {A: a}}]");
        await RunAsync(0);
        Write("targets: [{to: acme/web, secrets: {}, from: none/}]");
        Assert.Contains("mill sync push --prune --yes", (await RunAsync(0, "--prune")).Error, StringComparison.Ordinal);
        Assert.Equal(["A"], _web.Secrets.Names);
        await RunAsync(0, "--prune", "--yes");
        Assert.Empty(_web.Secrets.Names);
    }

    [Fact]
    public async Task Json_says_everything_but_values()
    {
        await SetAsync("a", Canary + "\n");
        Write("targets: [{to: acme/web@prod, secrets: {A: a}}]");
        var run = await RunAsync(0, "--json");
        var root = JsonDocument.Parse(run.Output).RootElement;
        Assert.False(root.GetProperty("dry_run").GetBoolean());
        Assert.Equal(1, root.GetProperty("counts").GetProperty("done").GetInt32());
        var target = root.GetProperty("targets")[0];
        Assert.Equal("acme/web@prod", target.GetProperty("target").GetString());
        Assert.Equal(
            """{"name":"A","secret":"a","version":1,"state":"missing","action":"create","outcome":"done","reason":"it is not there","warning":"The value ends with a line break."}""",
            target.GetProperty("secrets")[0].GetRawText());
        Assert.Equal("", run.Error);
    }

    [Fact]
    public async Task What_goes_wrong_is_said_with_what_is_left()
    {
        await SetAsync("a", "1");
        Write("targets: [{to: acme/gone, secrets: {A: a}}, {to: acme/web, secrets: {A: a}}]");
        var run = await RunAsync(3);
        Assert.Contains("acme/gone: GitHub knows nothing of", run.Error, StringComparison.Ordinal);
        Assert.Equal("1", _web.Secrets.Text("A"));

        _token = "wrong";
        var refused = await RunAsync(4);
        Assert.Contains("Not reached: 1 of the targets.", refused.Error, StringComparison.Ordinal);
        Assert.Contains("GH_PAT", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("MILL_TOKEN", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_targets_that_somebody_names_are_pushed()
    {
        await SetAsync("a", "1");
        Write("targets: [{to: acme/web, secrets: {A: a}}, {to: acme/web@prod, secrets: {A: a}}, {to: acme/api, secrets: {A: a}}]");
        var chosen = await RunAsync(0, "Acme/Web@prod", "--dry-run");
        Assert.StartsWith("acme/web@prod\tA", chosen.Output, StringComparison.Ordinal);
        Assert.Equal(2, (await RunAsync(0, "acme/web", "--dry-run")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("It has: acme/web, acme/web@prod, acme/api", (await RunAsync(2, "acme/other")).Error, StringComparison.Ordinal);
        await RunAsync(2, "--yes");
    }

    [Fact]
    public async Task A_run_of_Actions_is_told_that_it_does_not_see_them()
    {
        await SetAsync("a", "1");
        Write("targets: [{to: acme/web, secrets: {A: a}}]");
        var session = Session();
        session.Variables["GITHUB_RUN_ID"] = "7";
        Assert.Equal(0, await session.RunAsync("sync", "push"));
        Assert.Contains("note: the run that this is does not see them", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_pushes_what_is_rotated()
    {
        await SetAsync("a", "1");
        Write("targets: [{to: acme/web, secrets: {A: a}}, {to: acme/web@prod, secrets: {A: a}}]");
        using var stop = new CancellationTokenSource();
        var watch = Task.Run(() => Session().RunAsync(["sync", "watch"], stop.Token));
        await UntilAsync(() => _web.Secrets.Text("A") is "1" && Prod.Text("A") is "1");
        await SetAsync("a", "2");
        await UntilAsync(() => _web.Secrets.Text("A") is "2" && Prod.Text("A") is "2");
        await stop.CancelAsync();
        Assert.Equal(130, await watch.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Empty(_gitHub.Violations);
    }

    [Fact]
    public async Task A_ledger_that_is_damaged_is_a_matter_of_its_target()
    {
        await SetAsync("a", "1");
        await SetAsync(LedgerPlace.Of(Scopes.Of("acme/web@prod"), _gitHub.Address), "no ledger");
        Write("targets: [{to: acme/web@prod, secrets: {A: a}}, {to: acme/web, secrets: {A: a}}]");
        Assert.Contains("The ledger of acme/web@prod is damaged", (await RunAsync(11)).Error, StringComparison.Ordinal);
        Assert.Equal("1", _web.Secrets.Text("A"));
        Assert.Empty(Prod.Names);

        using var stop = new CancellationTokenSource();
        var watch = Task.Run(() => Session().RunAsync(["sync", "watch"], stop.Token));
        await SetAsync("a", "2");
        await UntilAsync(() => _web.Secrets.Text("A") is "2");
        await stop.CancelAsync();
        Assert.Equal(130, await watch.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private FakeSecretStore Prod => _web.Environment("prod");

    private static async Task UntilAsync(Func<bool> isSo)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo())
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }

    private void Write(string yaml) => File.WriteAllText(Path.Combine(_directory, "mill-sync.yaml"), yaml + "\n");

    private async Task SetAsync(string name, string value)
    {
        var session = Session();
        session.Input = System.Text.Encoding.UTF8.GetBytes(value);
        Assert.Equal(0, await session.RunAsync("secret", "set", name, "-"));
    }

    private async Task<Session> RunAsync(int code, params string[] args)
    {
        var session = Session();
        var result = await session.RunAsync(["sync", "push", .. args]);
        Assert.True(code == result, $"{result}: {session.Output}{session.Error}");
        Assert.DoesNotContain(Canary, session.Output + session.Error, StringComparison.Ordinal);
        return session;
    }

    private Session Session() => new()
    {
        Directory = _directory,
        Variables =
        {
            ["MILL_ADDRESS"] = _vault.Http.BaseAddress!.ToString(),
            ["MILL_TOKEN"] = _vault.OperatorToken,
            ["GITHUB_API_URL"] = _gitHub.Address.ToString(),
            ["GH_PAT"] = _token,
        },
    };
}
