using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mill.Testing.GitHub;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary><c>mill sync export</c>: who may have what, and what stays on record of it.</summary>
public sealed class SyncExportTests : IAsyncLifetime, IDisposable
{
    private const string All = "allow * acme/*";

    private readonly TestDirectory _directory = new();
    private readonly Dictionary<string, byte[]> _secrets = new(StringComparer.OrdinalIgnoreCase);
    private SyncRig _rig = null!;

    private string Summary => _directory.File("summary.md");

    private FakeRepository Web => _rig.Web;

    public async Task InitializeAsync()
    {
        _rig = await SyncRig.StartHastyAsync();
        foreach (var name in (string[])["A", "B", "C", "MILL_EXPORT_TOKEN", "GH_PAT"]) _secrets[name] = Encoding.UTF8.GetBytes($"canary-{name}");
    }

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_record_says_who_asked_as_the_runner_says_it()
    {
        var session = Job(All, actor: "alice").Prepare(With(Order("A"), "requested_by", "mallory"), _secrets);
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        Assert.Equal(["alice"], Records(session).Select(record => SyncRig.Text(record, "requested_by")));
        Assert.Contains("Asked for by alice.", await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);
        Assert.DoesNotContain("mallory", session.Output + await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);

        var unknown = Job(All).Prepare(Order("B"), _secrets);
        Assert.Equal(0, await unknown.RunAsync("sync", "export"));
        Assert.Contains("Who asked is not known.", await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Everything_is_masked_before_anything_else_is_said()
    {
        var session = Job(All).Prepare(Order("A", "B", "C"), _secrets);
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        var lines = session.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["::add-mask::canary-A", "::add-mask::canary-B", "::add-mask::canary-C"], lines.Take(3));
        Assert.DoesNotContain(lines.Skip(3), line => line.StartsWith("::add-mask::", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("allow A acme/web by alice", "Alice", "created")]
    [InlineData("allow A acme/web by bob,al*", "alice", "created")]
    [InlineData("allow A acme/web by acme-ci[bot]", "acme-ci[bot]", "created")]
    [InlineData("allow A acme/web by bob", "alice", "denied")]
    [InlineData("allow A acme/web by alice", null, "denied")]
    [InlineData("allow A acme/web\ndeny * * by alice", "alice", "denied")]
    [InlineData("allow A acme/web\ndeny * * by alice", "bob", "created")]
    [InlineData("allow A acme/web\ndeny * * by alice", null, "denied")]
    public async Task A_policy_may_say_who_asks(string policy, string? actor, string outcome)
    {
        var session = Job(policy, actor).Prepare(Order("A"), _secrets);
        Assert.Equal(outcome is "created" ? 0 : 5, await session.RunAsync("sync", "export"));
        Assert.Equal(outcome, SyncRig.Text(Assert.Single(Records(session)), "outcome"));
        Assert.Equal(outcome is "created" ? ["A"] : [], Web.Secrets.Names);
    }

    [Fact]
    public async Task Whoever_runs_a_request_again_has_to_be_allowed_too()
    {
        var session = Job("allow A acme/web by alice", actor: "alice").Prepare(Order("A"), _secrets);
        session.Variables["GITHUB_TRIGGERING_ACTOR"] = "bob";
        Assert.Equal(5, await session.RunAsync("sync", "export"));
        Assert.Equal("alice, bob", SyncRig.Text(Assert.Single(Records(session)), "requested_by"));
        Assert.Empty(Web.Secrets.Names);
    }

    [Theory]
    [InlineData("MILL_EXPORT_TOKEN")]
    [InlineData("GH_PAT")]
    [InlineData("gh_pat")]
    public async Task The_tokens_of_the_export_itself_never_leave(string name)
    {
        var session = Job("allow * *\nallow GH_PAT,MILL_* acme/*").Prepare(Order(name), _secrets);
        Assert.Equal(5, await session.RunAsync("sync", "export"));
        Assert.Equal("denied", SyncRig.Text(Assert.Single(Records(session)), "outcome"));
        Assert.Empty(Web.Secrets.Names);
    }

    [Fact]
    public async Task What_is_there_is_left_alone_whatever_whoever_asked_knows()
    {
        Web.Secrets.Put("A", "by hand");
        var session = Job(All).Prepare(Order("A", "B"), _secrets);
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        Assert.Equal(["left", "created"], Records(session).Select(record => SyncRig.Text(record, "outcome")));
        Assert.Equal("by hand", Web.Secrets.Text("A"));

        var over = Job(All).Prepare(With(Order("A"), "overwrite", true), _secrets);
        Assert.Equal(0, await over.RunAsync("sync", "export"));
        Assert.Equal("canary-A", Web.Secrets.Text("A"));
    }

    [Fact]
    public async Task What_somebody_wrote_while_it_waited_stays()
    {
        _rig.GitHub.Inject(FakeFault.RateLimit(429, retryAfter: TimeSpan.FromSeconds(20)) with
        {
            When = request =>
            {
                if (request.Method is not "PUT") return false;
                Web.Secrets.Put("A", "by hand");
                return true;
            },
        });
        var session = Job(All).Prepare(Order("A"), _secrets);
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        Assert.Equal("left", SyncRig.Text(Assert.Single(Records(session)), "outcome"));
        Assert.Equal("by hand", Web.Secrets.Text("A"));
    }

    [Fact]
    public async Task What_would_fail_for_all_is_not_tried_for_each()
    {
        _rig.GitHub.Inject(FakeFault.Error(401) with { Times = int.MaxValue, When = request => request.Path.EndsWith("/B", StringComparison.Ordinal) });
        var session = Job("allow A,B,C acme/*").Prepare(Order("A", "B", "C", "D"), _secrets);
        Assert.Equal(4, await session.RunAsync("sync", "export"));
        Assert.Equal(["A created", "B failed", "C not_reached", "D denied"], Records(session).Select(record => $"{SyncRig.Text(record, "name")} {SyncRig.Text(record, "outcome")}"));
        Assert.DoesNotContain(_rig.GitHub.Requests, request => request.Path.EndsWith("/C", StringComparison.Ordinal));
        // What was done is on record, whatever came after it.
        Assert.Contains("| A | created |", await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);
        Assert.Contains("| C | not_reached | the export ended with B |", await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_ends_with_a_line_break_is_sent_as_it_is_and_told_of()
    {
        _secrets["A"] = "canary-A\n"u8.ToArray();
        var session = Job(All).Prepare(Order("A", "B"), _secrets);
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        Assert.Equal("canary-A\n", Web.Secrets.Text("A"));
        Assert.Equal(["The value ends with a line break.", null], Records(session).Select(record => record.TryGetProperty("warning", out var warning) ? warning.GetString() : null));
        Assert.Contains("warning: A: The value ends with a line break.", session.Error, StringComparison.Ordinal);
        Assert.Contains("The value ends with a line break.", await File.ReadAllTextAsync(Summary), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_has_no_token_is_told_where_it_belongs()
    {
        var session = Job(All).Prepare(Order("A"), _secrets);
        session.Variables.Remove("GH_PAT");
        Assert.Equal(4, await session.RunAsync("sync", "export"));
        Assert.Contains("MILL_EXPORT_TOKEN", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_that_cannot_be_written_ends_nothing()
    {
        var session = Job(All).Prepare(Order("A", "B"), _secrets);
        session.Variables["GITHUB_STEP_SUMMARY"] = _directory.Path;
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        Assert.Equal(["A", "B"], Web.Secrets.Names);
        Assert.Single(session.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => line.StartsWith("warning: the summary", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("alow * *", "Line 1 is not")]
    [InlineData("allow * * by", "Line 1 is not")]
    [InlineData("allow * *\ndeny A by", "Line 2 is not")]
    [InlineData("allow * * by alice by bob", "Line 1 is not")]
    [InlineData("", "MILL_EXPORT_POLICY is not set")]
    public async Task What_is_refused_as_a_whole_stands_in_the_summary_too(string policy, string why)
    {
        var session = Job(policy, actor: "alice").Prepare(Order("A"), _secrets);
        Assert.Equal(7, await session.RunAsync("sync", "export"));
        Assert.Contains(why, session.Error, StringComparison.Ordinal);
        var summary = await File.ReadAllTextAsync(Summary);
        Assert.Contains("### Export refused", summary, StringComparison.Ordinal);
        Assert.Contains("alice", summary, StringComparison.Ordinal);
        Assert.Empty(Web.Secrets.Names);
    }

    [Fact]
    public async Task What_somebody_sent_is_text_in_the_summary()
    {
        Web.AddEnvironment("<img src=x>|[x](y)");
        var session = Job("allow * *").Prepare(With(Order("A"), "target_environment", "<img src=x>|[x](y)"), _secrets);
        Assert.Equal(0, await session.RunAsync("sync", "export"));
        var summary = await File.ReadAllTextAsync(Summary);
        Assert.DoesNotContain("<img", summary, StringComparison.Ordinal);
        Assert.DoesNotContain("[x]", summary, StringComparison.Ordinal);
    }

    private ExportJob Job(string policy, string? actor = null) => new(_rig.GitHub, _rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo")), policy) { Summary = Summary, Actor = actor, Time = _rig.Time };

    private static JsonObject Order(params string[] names) => new() { ["request_id"] = "1", ["target_repo"] = "acme/web", ["secrets"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]) };

    private static JsonObject With(JsonObject order, string member, JsonNode value)
    {
        order[member] = value;
        return order;
    }

    private static List<JsonElement> Records(Session session) =>
        [.. session.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement)];
}
