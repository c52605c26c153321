using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Testing.GitHub;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>GitHub bans those who do not wait.</summary>
public sealed class GitHubLimitsTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Theory]
    [InlineData(403, 30, null)]
    [InlineData(429, 30, null)]
    [InlineData(403, null, 90)]
    [InlineData(429, null, 90)]
    [InlineData(403, null, null)]
    [InlineData(429, null, null)]
    public async Task A_refusal_is_obeyed_and_the_request_sent_again(int status, int? retryAfter, int? reset)
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Server.Inject(FakeFault.RateLimit(status, Seconds(retryAfter), Seconds(reset)) with { Times = 2, When = request => request.IsWrite });
        await GitHubFixture.SetAsync(client, github.WebScope, "A", "1");
        Assert.Equal("1", github.Web.Secrets.Text("A"));
        Assert.Empty(github.Server.Violations);
        var waits = github.Time.Waits.Where(wait => wait > TimeSpan.FromSeconds(2)).ToList();
        Assert.Equal(2, waits.Count);
        Assert.All(waits, wait => Assert.True(wait >= (Seconds(retryAfter ?? reset) ?? TimeSpan.FromMinutes(1)), $"{wait}"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Whoever_is_told_to_come_back_at_once_and_refused_again_waits_longer(int retryAfter)
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        var began = github.Time.GetUtcNow();
        github.Server.Inject(FakeFault.RateLimit(429, TimeSpan.FromSeconds(retryAfter)) with { Times = 5 });
        Assert.Empty(await client.ListSecretsAsync(github.WebScope, None));
        Assert.Equal(6, github.Server.Requests.Count);
        Assert.True(github.Time.GetUtcNow() - began >= TimeSpan.FromMinutes(4));
    }

    [Fact]
    public async Task A_wait_that_nobody_has_patience_for_is_an_error_that_says_how_long()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Server.Inject(FakeFault.RateLimit(403, reset: TimeSpan.FromMinutes(50)));
        var failure = await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(github.WebScope, None));
        Assert.Equal(MillError.RateLimited, failure.Error);
        Assert.Contains("min", failure.Message, StringComparison.Ordinal);
        Assert.True(failure.RetryAfter >= TimeSpan.FromMinutes(50));
        // The next one does not ask either.
        await Assert.ThrowsAsync<MillException>(() => client.ListSecretsAsync(github.WebScope, None));
        Assert.Single(github.Server.Requests);
    }

    [Fact]
    public async Task Whoever_is_started_inside_a_wait_of_another_asks_nothing()
    {
        await using var github = await GitHubFixture.StartAsync();
        var directory = Directory.CreateTempSubdirectory("mill-note-");
        var path = Path.Combine(directory.FullName, "github", "note");
        github.Server.Inject(FakeFault.RateLimit(429, TimeSpan.FromMinutes(20)));
        await Assert.ThrowsAsync<MillException>(() => github.Connect(new WaitNote(path)).ListSecretsAsync(github.WebScope, None));

        var failure = await Assert.ThrowsAsync<MillException>(() => github.Connect(new WaitNote(path)).ListSecretsAsync(github.WebScope, None));
        Assert.Equal(MillError.RateLimited, failure.Error);
        Assert.Single(github.Server.Requests);

        // One with more patience waits, and asks then.
        github.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(await github.Connect(new WaitNote(path)).ListSecretsAsync(github.WebScope, None));
        Assert.True(github.Server.Requests[1].Time - github.Server.Requests[0].Time >= TimeSpan.FromMinutes(20));
        Assert.Empty(github.Server.Violations);
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Whoever_is_told_to_come_back_later_and_not_that_it_is_too_much_tells_the_others_as_well()
    {
        await using var github = await GitHubFixture.StartAsync();
        var directory = Directory.CreateTempSubdirectory("mill-note-");
        var path = Path.Combine(directory.FullName, "note");
        github.Server.Inject(FakeFault.Unavailable(TimeSpan.FromMinutes(20)));
        await Assert.ThrowsAsync<MillException>(() => github.Connect(new WaitNote(path)).ListSecretsAsync(github.WebScope, None));
        await Assert.ThrowsAsync<MillException>(() => github.Connect(new WaitNote(path)).ListSecretsAsync(github.WebScope, None));
        Assert.Single(github.Server.Requests);

        // The same through the vault.
        var vault = new MemoryVault();
        github.Time.Advance(TimeSpan.FromMinutes(21));
        github.Server.Inject(FakeFault.Unavailable(TimeSpan.FromMinutes(20)));
        for (var i = 0; i < 2; i++) await Assert.ThrowsAsync<MillException>(() => github.Connect(TimeSpan.FromMinutes(1), new SharedWriteLog(vault, github.Time)).ListSecretsAsync(github.WebScope, None));
        Assert.Equal(2, github.Server.Requests.Count);
        Assert.Empty(github.Server.Violations);
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("""{"message":"You have triggered an abuse detection mechanism. Please wait a few minutes before you try again."}""", null)]
    [InlineData("""{"message":"Refused."}""", "0")]
    public async Task A_refusal_for_too_much_has_many_words(string body, string? remaining)
    {
        var time = new HastyTime();
        await using var server = await FakeMill.StartAsync();
        var isRefused = true;
        server.On("GET /repos/acme/web/actions/secrets?per_page=100", context =>
        {
            context.Response.Headers.Date = time.GetUtcNow().ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            if (!isRefused) return FakeMill.WriteAsync(context, 200, "application/json", """{"total_count":0,"secrets":[]}""");
            isRefused = false;
            if (remaining is not null) (context.Response.Headers["X-RateLimit-Remaining"], context.Response.Headers["X-RateLimit-Reset"]) = (remaining, time.GetUtcNow().AddMinutes(2).ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture));
            return FakeMill.WriteAsync(context, 403, "application/json", body);
        });
        using var client = new GitHubClient(new() { Address = new(server.Address, "/"), Credentials = new TokenCredentials(SecretValue.FromText("t")), Time = time, Timeout = HastyTime.Never });
        var began = time.GetUtcNow();
        Assert.Empty(await client.ListSecretsAsync(SecretScope.Of(RepositoryName.TryParse("acme/web", out var web) ? web : null!), None));
        Assert.True(time.GetUtcNow() - began >= TimeSpan.FromMinutes(1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("99999999999999999")]
    [InlineData("9999999999999")]
    public async Task A_note_that_says_nothing_sensible_stops_nobody(string content)
    {
        await using var github = await GitHubFixture.StartAsync();
        var path = Path.GetTempFileName();
        await File.WriteAllTextAsync(path, content, None);
        Assert.Empty(await github.Connect(new WaitNote(path)).ListSecretsAsync(github.WebScope, None));
        File.Delete(path);
    }

    [Fact]
    public async Task There_are_never_more_than_eighty_changes_a_minute_nor_five_hundred_an_hour()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect(TimeSpan.FromHours(2), []);
        var began = github.Time.GetUtcNow();
        for (var i = 0; i < 520; i++) await GitHubFixture.SetAsync(client, github.WebScope, $"SECRET_{i % 90}", "1");
        Assert.Empty(github.Server.Violations);
        Assert.Equal(1, github.Server.MostAtOnce);
        var writes = github.Server.Requests.Where(request => request.IsWrite).Select(request => request.Time).ToList();
        Assert.Equal(520, writes.Count);
        Assert.All(writes, last => Assert.InRange(writes.Count(one => one <= last && one > last - TimeSpan.FromMinutes(1)), 1, 80));
        Assert.All(writes, last => Assert.InRange(writes.Count(one => one <= last && one > last - TimeSpan.FromHours(1)), 1, 500));
        Assert.InRange(github.Time.GetUtcNow() - began, TimeSpan.FromHours(1), TimeSpan.FromHours(1.2));
    }

    [Fact]
    public async Task Changes_of_an_earlier_run_count()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect(TimeSpan.FromMinutes(15), [.. Enumerable.Range(1, 500).Select(second => github.Time.GetUtcNow() - TimeSpan.FromSeconds(second))]);
        var failure = await Assert.ThrowsAsync<MillException>(() => GitHubFixture.SetAsync(client, github.WebScope, "A", "1"));
        Assert.Equal(MillError.RateLimited, failure.Error);
        Assert.DoesNotContain(github.Server.Requests, request => request.IsWrite);
    }

    private static TimeSpan? Seconds(int? seconds) => seconds is { } known ? TimeSpan.FromSeconds(known) : null;
}
