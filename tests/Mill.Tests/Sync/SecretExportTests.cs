using Mill.Secrets;
using Mill.Sync.Exports;
using Mill.Sync.GitHub;
using Mill.Testing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>An export ends before its job does, and says what it did not reach.</summary>
public sealed class SecretExportTests
{
    [Fact]
    public async Task What_there_is_no_time_for_is_on_record()
    {
        var (records, took, server) = await ExportAsync(server => server.Inject(FakeFault.RateLimit(429, retryAfter: TimeSpan.FromMinutes(10)) with { When = request => request.Path.EndsWith("/B", StringComparison.Ordinal) }), (_, _) => { });
        Assert.Equal(TimeSpan.FromMinutes(2), took);
        Assert.Equal(["A Created", "B Failed", "C NotReached", "KUBE_CONFIG Denied"], records.Select(record => $"{record.Name} {record.Outcome}"));
        Assert.Contains("within 2 min", records[1].Reason, StringComparison.Ordinal);
        Assert.Equal(("there was no time left", MillError.RequestTimeout), (records[2].Reason, records[2].Error));
        Assert.Empty(server.Violations);
    }

    [Fact]
    public async Task Time_that_goes_by_between_two_names_counts()
    {
        var (records, _, server) = await ExportAsync(_ => { }, (time, record) =>
        {
            if (record.Name is "A") time.Advance(TimeSpan.FromMinutes(3));
        });
        Assert.Equal(["A Created", "B NotReached", "C NotReached", "KUBE_CONFIG Denied"], records.Select(record => $"{record.Name} {record.Outcome}"));
        Assert.DoesNotContain(server.Requests, request => request.Path.EndsWith("/B", StringComparison.Ordinal));
    }

    private static async Task<(List<ExportRecord> Records, TimeSpan Took, FakeGitHub Server)> ExportAsync(Action<FakeGitHub> prepare, Action<ManualTime, ExportRecord> each)
    {
        var time = new ManualTime();
        await using var server = await FakeGitHub.StartAsync(new() { Time = time });
        server.AddOrganization("acme").AddRepository("web");
        var credentials = new TokenCredentials(SecretValue.FromText(server.AddToken(FakeToken.Classic(["acme"], "repo")).Text));
        using var github = new GitHubClient(new() { Address = server.Address, Credentials = credentials, Time = time, Timeout = Timeout.InfiniteTimeSpan, Patience = TimeSpan.FromHours(1) });
        prepare(server);
        var export = new SecretExport(github, new([new(true, ["*"], ["acme/*"])], null), _ => SecretValue.FromText("canary")) { Limit = TimeSpan.FromMinutes(2) };
        var (began, records) = (time.GetUtcNow(), new List<ExportRecord>());
        var exporting = Task.Run(async () =>
        {
            await foreach (var record in export.RunAsync(ExportOrder.Read("""{"target_repo":"acme/web","secrets":["A","B","C","KUBE_CONFIG"]}"""), CancellationToken.None))
            {
                records.Add(record);
                each(time, record);
            }
        });
        // One timer is the limit's; with the second it waits, and no request is under way.
        await ChangeReader.TickUntil(() => exporting.IsCompleted, () =>
        {
            if (time.ArmedTimers > 1) time.Advance(TimeSpan.FromSeconds(1));
        });
        await exporting;
        return (records, time.GetUtcNow() - began, server);
    }
}
