using System.Text;
using System.Text.Json.Nodes;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Events, and the runs that they begin or do not begin.</summary>
public sealed class FakeGitHubRunTests
{
    private const string Dispatches = "/repos/acme/vault/dispatches";
    private const string Runs = "/repos/acme/vault/actions/runs";

    [Theory]
    [InlineData("""{}""", "Invalid request.\n\n\"event_type\" wasn't supplied.")]
    [InlineData("""{"event_type":""}""", "Invalid request.\n\nevent_type has 0 characters: 1 to 100 are allowed.")]
    [InlineData("""{"event_type":"x","client_payload":[]}""", "Invalid request.\n\nFor 'properties/client_payload', [] is not an object.")]
    [InlineData("""{"event_type":"x","client_payload":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1}}""", "Invalid request.\n\nNo more than 10 properties are allowed; 11 were supplied.")]
    public async Task An_event_has_a_form(string body, string message)
    {
        await using var rig = await StartAsync();

        var refusal = await rig.SendAsync("POST", Dispatches, JsonNode.Parse(body));

        Assert.Equal((422, message), (refusal.Status, refusal.Message));
        Assert.Empty(rig.GitHub.Dispatches);
    }

    [Fact]
    public async Task An_event_has_limits()
    {
        await using var rig = await StartAsync();
        static JsonObject Event(string type, int length) => new() { ["event_type"] = type, ["client_payload"] = new JsonObject { ["x"] = new string('x', length) } };

        Assert.Equal(204, (await rig.SendAsync("POST", Dispatches, Event(new('x', 100), (64 * 1024) - 9))).Status);
        Assert.Equal(422, (await rig.SendAsync("POST", Dispatches, Event("x", (64 * 1024) - 8))).Status);
        Assert.Equal(422, (await rig.SendAsync("POST", Dispatches, Event(new('x', 101), 1))).Status);
        Assert.Equal(404, (await rig.SendAsync("POST", "/repos/acme/unknown/dispatches", Event("x", 1))).Status);
    }

    [Fact]
    public async Task An_export_goes_from_the_event_to_the_secret()
    {
        await using var rig = await StartAsync(new());
        await DispatchAsync(rig, "FIRST", "second", "UNKNOWN");

        Assert.Empty(await ListAsync(rig));
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([("queued", null)], await ListAsync(rig));
        rig.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal([("in_progress", null)], await ListAsync(rig));
        rig.Time.Advance(TimeSpan.FromSeconds(4.999));
        Assert.Equal([("in_progress", null)], await ListAsync(rig));
        Assert.Empty(rig.Web.Secrets.Names);
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal([("completed", "success")], await ListAsync(rig));
        Assert.Equal(["FIRST", "SECOND"], rig.Web.Secrets.Names);
        Assert.Equal("of the organization", rig.Web.Secrets.Text("SECOND"));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 16, TimeSpan.Zero), rig.Web.Secrets.Find("FIRST")!.UpdatedAt);
    }

    [Fact]
    public async Task A_run_shows_what_it_is_called_and_where_to_look_at_it()
    {
        await using var rig = await StartAsync(new() { QueueDelay = TimeSpan.Zero });
        await DispatchAsync(rig, "FIRST");
        var id = Assert.Single(rig.GitHub.Runs).Id;

        var run = await rig.GetAsync($"{Runs}/{id}");

        Assert.Equal(("mill-export r-1", "repository_dispatch", "queued"), (run.Text("display_title"), run.Text("event"), run.Text("status")));
        Assert.Equal(($"{rig.GitHub.Address}acme/vault/actions/runs/{id}", "2026-01-01T00:00:00Z"), (run.Text("html_url"), run.Text("created_at")));
        Assert.Equal(404, (await rig.GetAsync($"{Runs}/1")).Status);
        Assert.Equal(404, (await rig.GetAsync($"/repos/acme/web/actions/runs/{id}")).Status);
    }

    [Theory]
    [InlineData("created=%3E%3D2026-01-01T00%3A00%3A01Z", true)]
    [InlineData("created=>=2025-12-31T23:59:55Z", true)]
    [InlineData("created=>=2026-01-01T00:00:02Z", false)]
    [InlineData("created=>2026-01-01T00:00:01Z", false)]
    [InlineData("created=<=2026-01-01T00:00:01Z", true)]
    [InlineData("created=<2026-01-01T00:00:01Z", false)]
    [InlineData("created=2026-01-01", true)]
    [InlineData("created=2025-12-30..2026-01-02", true)]
    [InlineData("created=*..2025-12-30", false)]
    [InlineData("created=soon", false)]
    [InlineData("event=repository_dispatch", true)]
    [InlineData("event=push", false)]
    [InlineData("status=queued", true)]
    [InlineData("status=success", false)]
    [InlineData("branch=main", true)]
    [InlineData("branch=next", false)]
    public async Task Runs_are_searched(string query, bool isFound)
    {
        await using var rig = await StartAsync(new());
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromSeconds(1.5));

        Assert.Equal(isFound ? 1 : 0, (await ListAsync(rig, query)).Count);
    }

    [Theory]
    [InlineData(null, "export-secret")]
    [InlineData("plain", "plain")]
    [InlineData("${{github.event.action}}: ${{ github.event.client_payload.request_id }} ${{ github.event.client_payload.nothing }}", "export-secret: r-1 ")]
    public async Task A_title_comes_of_the_event(string? runName, string title)
    {
        await using var rig = await StartAsync(new() { RunName = runName });
        await DispatchAsync(rig, "FIRST");

        Assert.Equal(title, Assert.Single(rig.GitHub.Runs).Title);
    }

    [Fact]
    public async Task Without_a_workflow_for_it_on_the_default_branch_an_event_begins_nothing()
    {
        await using var rig = await StartAsync();
        await DispatchAsync(rig, "FIRST");
        Vault(rig).AddWorkflow(new() { Branch = "next" });
        Vault(rig).AddWorkflow(new() { EventTypes = ["deploy"] });
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromHours(1));

        Vault(rig).DefaultBranch = "next";
        await DispatchAsync(rig, "FIRST");
        Assert.NotNull(rig.GitHub.Dispatches[^1].Run);
        Vault(rig).RemoveWorkflows();
        await DispatchAsync(rig, "FIRST");

        Assert.Empty(await ListAsync(rig));
        Assert.Equal([true, true, false, true], rig.GitHub.Dispatches.Select(dispatch => dispatch.Run is null));
        Assert.Equal("r-1", (string?)rig.GitHub.Dispatches[0].Payload["request_id"]);
    }

    [Fact]
    public async Task A_run_that_fails_sets_nothing()
    {
        await using var rig = await StartAsync(new() { Conclusion = "failure" });
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromSeconds(16));

        Assert.Equal([("completed", "failure")], await ListAsync(rig));
        Assert.Empty(rig.Web.Secrets.Names);
    }

    [Theory]
    [InlineData(29)]
    [InlineData(31)]
    public async Task A_secret_can_come_later_than_the_run_ends(int seconds)
    {
        await using var rig = await StartAsync(new() { SecretsAfter = TimeSpan.FromSeconds(seconds) });
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));

        Assert.Equal(404, (await rig.GetAsync($"{GitHubRig.WebSecrets}/FIRST")).Status);
        rig.Time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal($"2026-01-01T00:00:{seconds}Z", (await rig.GetAsync($"{GitHubRig.WebSecrets}/FIRST")).Text("updated_at"));
    }

    [Fact]
    public async Task A_run_can_succeed_and_set_nothing()
    {
        await using var rig = await StartAsync(new() { SetsSecrets = false });
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromHours(1));

        Assert.Equal([("completed", "success")], await ListAsync(rig));
        Assert.Empty(rig.Web.Secrets.Names);
    }

    [Fact]
    public async Task Lists_of_runs_lag_behind_too()
    {
        await using var rig = await StartAsync(new());
        rig.GitHub.ListDelay = TimeSpan.FromSeconds(5);
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(await ListAsync(rig));
        Assert.Equal("queued", (await rig.GetAsync($"{Runs}/{rig.GitHub.Runs[0].Id}")).Text("status"));
        rig.Time.Advance(TimeSpan.FromSeconds(6));

        Assert.Equal([("queued", null)], await ListAsync(rig));
        Assert.Equal("in_progress", (await rig.GetAsync($"{Runs}/{rig.GitHub.Runs[0].Id}")).Text("status"));
    }

    [Fact]
    public async Task A_workflow_sees_its_secrets_as_they_were_when_it_was_queued_and_those_of_its_environment_when_it_began()
    {
        await using var rig = await StartAsync(new() { Environment = "export" });
        var environment = Vault(rig).AddEnvironment("export");
        await DispatchAsync(rig, "FIRST", "SECOND");
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        _ = rig.GitHub.Runs[0].Status;
        Vault(rig).Secrets.Put("FIRST", "too late");
        environment.Put("SECOND", "in time");
        rig.Time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(("of the repository", "in time"), (rig.Web.Secrets.Text("FIRST"), rig.Web.Secrets.Text("SECOND")));
    }

    [Theory]
    [InlineData(true, "success")]
    [InlineData(false, "failure")]
    [InlineData(null, "failure")]
    public async Task A_test_can_play_the_workflow_itself(bool? outcome, string conclusion)
    {
        FakeWorkflowJob? played = null;
        await using var rig = await StartAsync(new()
        {
            Play = async (job, cancellationToken) =>
            {
                played = job;
                await Task.Yield();
                cancellationToken.ThrowIfCancellationRequested();
                return outcome ?? throw new InvalidOperationException("It breaks.");
            },
        });
        await DispatchAsync(rig, "FIRST");
        rig.Time.Advance(TimeSpan.FromSeconds(11));
        await rig.GitHub.WhenPlayedAsync();

        Assert.Equal([("completed", conclusion)], await ListAsync(rig));
        Assert.Equal(("acme/web", "FIRST"), (played!.Text("target_repo"), played.Text("secret_name")));
        Assert.Equal("of the repository", Encoding.UTF8.GetString(played.Secrets["first"]));
    }

    [Fact]
    public async Task A_test_can_play_it_by_talking_to_the_server()
    {
        GitHubRig? rig = null;
        await using var started = await StartAsync(new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, Play = async (job, _) => (await rig!.SetAsync(GitHubRig.WebSecrets, job.Text("secret_name")!, job.Secrets["FIRST"])).Status == 201 });
        rig = started;
        await DispatchAsync(rig, "FIRST");
        await rig.GitHub.WhenPlayedAsync();

        Assert.Equal("of the repository", rig.Web.Secrets.Text("FIRST"));
        Assert.Equal(("completed", "success"), (rig.GitHub.Runs[0].Status, rig.GitHub.Runs[0].Conclusion));
    }

    private static async Task<GitHubRig> StartAsync(FakeWorkflow? workflow = null)
    {
        var rig = await GitHubRig.StartAsync();
        var vault = rig.Acme.AddRepository("vault");
        vault.Secrets.Put("FIRST", "of the repository");
        rig.Acme.Secrets.Put("SECOND", "of the organization");
        if (workflow is not null) vault.AddWorkflow(workflow);
        return rig;
    }

    private static FakeRepository Vault(GitHubRig rig) => rig.Acme.Repositories.Single(repository => repository.Name is "vault");

    private static async Task DispatchAsync(GitHubRig rig, params string[] names)
    {
        var payload = new JsonObject { ["request_id"] = "r-1", ["target_repo"] = "acme/web", ["secrets"] = new JsonArray([.. names.Select(name => (JsonNode)name)]), ["secret_name"] = names[0] };
        Assert.Equal(204, (await rig.SendAsync("POST", Dispatches, new JsonObject { ["event_type"] = "export-secret", ["client_payload"] = payload })).Status);
    }

    private static async Task<IReadOnlyList<(string? Status, string? Conclusion)>> ListAsync(GitHubRig rig, string query = "event=repository_dispatch")
    {
        var list = await rig.GetAsync($"{Runs}?{query}");
        return [.. list.Body!["workflow_runs"]!.AsArray().Select(run => ((string?)run!["status"], (string?)run["conclusion"]))];
    }
}
