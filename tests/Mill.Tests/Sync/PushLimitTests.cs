using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>GitHub's limits hold for all runs together.</summary>
public sealed class PushLimitTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Rotations_of_the_same_secrets_stay_within_the_limits_over_all_runs()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var (vault, token) = (new MemoryVault(), gitHub.Server.AddToken(FakeToken.Classic(["acme"], "repo")));
        var (all, none) = (Target(90), Target(0));
        for (var round = 0; round < 8; round++)
        {
            for (var j = 0; j < 90; j++) vault.Set($"s{j}", $"{round}-{j}");
            // Refused, and so to be done by the next run.
            gitHub.Server.Inject(FakeFault.Error(422) with { Times = 5, When = request => request.IsWrite && request.Path.EndsWith('7') });
            var target = round is 3 ? none : all;
            await UntilDoneAsync(gitHub, token, vault, target);
        }
        Assert.Equal(90, gitHub.Web.Secrets.Names.Count);
        AssertWithinLimits(gitHub);
        Assert.InRange(gitHub.Server.Requests.Count(request => request.IsWrite), 8 * 90, (8 * 90) + 40);
    }

    [Fact]
    public async Task Two_at_the_same_time_share_the_limits()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var vault = new MemoryVault();
        GitHubClient[] clients = [.. Enumerable.Range(0, 2).Select(_ => gitHub.Connect(TimeSpan.FromHours(3), new SharedWriteLog(vault, gitHub.Time)))];
        for (var i = 0; i < 520; i++) await GitHubFixture.SetAsync(clients[i % 2], gitHub.WebScope, $"SECRET_{i % 90}", "1");
        AssertWithinLimits(gitHub);
    }

    [Fact]
    public async Task A_clock_that_is_ahead_elsewhere_blocks_nobody()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var client = gitHub.Connect(TimeSpan.FromMinutes(15), [gitHub.Time.GetUtcNow().AddHours(1), gitHub.Time.GetUtcNow().AddDays(1)]);
        for (var i = 0; i < 100; i++) await GitHubFixture.SetAsync(client, gitHub.WebScope, $"SECRET_{i % 90}", "1");
        Assert.Empty(gitHub.Server.Violations);
    }

    [Fact]
    public async Task Whoever_may_not_note_it_pushes_all_the_same()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var client = gitHub.Connect(TimeSpan.FromHours(2), new SharedWriteLog(new Refusing(), gitHub.Time));
        for (var i = 0; i < 3; i++) await GitHubFixture.SetAsync(client, gitHub.WebScope, $"SECRET_{i}", "1");
        Assert.Equal(3, gitHub.Web.Secrets.Names.Count);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    [InlineData("""{"format":2,"writes":[]}""")]
    [InlineData("""{"format":1,"writes":[9223372036854775807]}""")]
    public void What_is_no_record_of_times_counts_as_none(string text)
    {
        using var bytes = SecretValue.FromText(text);
        Assert.Equal(WriteTimes.None, WriteTimes.Read(bytes));
    }

    [Fact]
    public void Times_are_kept_for_little_more_than_an_hour_and_take_little_room()
    {
        var now = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        var times = new WriteTimes([now.AddMinutes(5), now.AddMinutes(-59), now.AddHours(-1), now.AddHours(-2)], now.AddMinutes(30));
        using var text = times.Write();
        var read = WriteTimes.Read(text);
        Assert.Equal([now.AddHours(-1), now.AddMinutes(-59), now], read.Counting(now).Writes.AsEnumerable());
        Assert.Equal(now.AddMinutes(30), read.Counting(now).BlockedUntil);
        using var most = new WriteTimes([.. Enumerable.Range(0, 5000).Select(i => now.AddSeconds(i - 5000))], null).Counting(now).Write();
        Assert.InRange(most.Length, 1, 3000);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(180)] // of a clock that is ahead
    public void A_time_that_is_over_or_nonsense_keeps_nobody_waiting(int minutes)
    {
        var now = new DateTimeOffset(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
        Assert.Null(new WriteTimes([], now.AddMinutes(minutes)).Counting(now).BlockedUntil);
    }

    [Fact]
    public async Task What_GitHub_told_one_to_wait_for_all_wait_for()
    {
        await using var gitHub = await GitHubFixture.StartAsync();
        var vault = new MemoryVault();
        GitHubClient Client() => gitHub.Connect(TimeSpan.FromMinutes(15), new SharedWriteLog(vault, gitHub.Time));
        var (first, second) = (Client(), Client());
        await second.ListSecretsAsync(gitHub.WebScope, None);
        gitHub.Server.Inject(FakeFault.RateLimit(429, TimeSpan.FromMinutes(30)));
        foreach (var client in (GitHubClient[])[first, Client()]) Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(gitHub.WebScope, None))).Error);
        gitHub.Time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(second, gitHub.WebScope, "A", "1"))).Error);
        Assert.Equal(2, gitHub.Server.Requests.Count);
        Assert.Empty(gitHub.Server.Violations);
        gitHub.Time.Advance(TimeSpan.FromMinutes(30));
        await GitHubFixture.SetAsync(second, gitHub.WebScope, "A", "1");
    }

    private static async Task UntilDoneAsync(GitHubFixture gitHub, FakeToken token, MemoryVault vault, SyncTarget target)
    {
        for (var runs = 0; runs < 30; runs++)
        {
            var credentials = new TokenCredentials(SecretValue.FromText(token.Text));
            using var client = new GitHubClient(gitHub.Options(credentials) with { Log = new SharedWriteLog(vault, gitHub.Time) });
            var report = await new Push(client, vault, vault, PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true })).RunAsync([target], None);
            if (!report.Targets[0].IsUnfinished) return;
            gitHub.Time.Advance(TimeSpan.FromMinutes(7)); // too early
        }
        Assert.Fail("It comes to no end.");
    }

    private static void AssertWithinLimits(GitHubFixture gitHub)
    {
        Assert.Empty(gitHub.Server.Violations);
        var writes = gitHub.Server.Requests.Where(request => request.IsWrite).Select(request => request.Time).ToList();
        Assert.All(writes, last => Assert.InRange(writes.Count(one => one <= last && one > last - TimeSpan.FromMinutes(1)), 1, 80));
        Assert.All(writes, last => Assert.InRange(writes.Count(one => one <= last && one > last - TimeSpan.FromHours(1)), 1, 500));
    }

    private static SyncTarget Target(int secrets) => new(Scopes.Of("acme/web"), Enumerable.Range(0, secrets).ToDictionary(j => $"S{j}", j => $"s{j}"), null);

    private sealed class Refusing : IWriteTimesStore
    {
        public Task<StoredWriteTimes?> ReadTimesAsync(CancellationToken cancellationToken) => throw new MillException(MillError.Forbidden, "no");

        public Task<int> WriteTimesAsync(WriteTimes times, int? expected, CancellationToken cancellationToken) => throw new MillException(MillError.PreconditionFailed, "no");
    }
}
