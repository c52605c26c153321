using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>How much may be asked for, and what is remembered of those who ask for more.</summary>
public sealed class FakeGitHubLimitTests
{
    [Fact]
    public async Task Every_answer_says_what_is_left()
    {
        await using var rig = await GitHubRig.StartAsync(new());
        rig.Time.Advance(TimeSpan.FromSeconds(0.5));
        await rig.GetAsync(GitHubRig.WebSecrets);

        var reply = await rig.GetAsync($"{GitHubRig.WebSecrets}/NAME");

        Assert.Equal(("5000", "4998", "2", "core"), (reply.Header("X-RateLimit-Limit"), reply.Header("X-RateLimit-Remaining"), reply.Header("X-RateLimit-Used"), reply.Header("X-RateLimit-Resource")));
        Assert.Equal($"{new DateTimeOffset(2026, 1, 1, 1, 0, 1, TimeSpan.Zero).ToUnixTimeSeconds()}", reply.Header("X-RateLimit-Reset"));
        Assert.Equal("Thu, 01 Jan 2026 00:00:00 GMT", reply.Header("Date"));
        Assert.Contains("max-age=60", reply.Header("Cache-Control"), StringComparison.Ordinal);
        Assert.Equal("github.v3; format=json", reply.Header("X-GitHub-Media-Type"));
        Assert.Contains("X-RateLimit-Reset", reply.Header("Access-Control-Expose-Headers"), StringComparison.Ordinal);
        Assert.NotEmpty(reply.Header("X-GitHub-Request-Id")!);
        Assert.Equal("application/json; charset=utf-8", reply.Header("Content-Type"));
    }

    [Fact]
    public async Task A_server_of_ones_own_says_nothing_about_limits()
    {
        await using var rig = await GitHubRig.StartAsync();

        Assert.DoesNotContain((await rig.GetAsync(GitHubRig.WebSecrets)).Headers.Keys, name => name.StartsWith("X-RateLimit", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task The_limit_of_an_hour_ends_with_the_hour()
    {
        await using var rig = await GitHubRig.StartAsync(new() { PerHour = 2 });
        await rig.GetAsync(GitHubRig.WebSecrets);
        Assert.Equal("0", (await rig.GetAsync(GitHubRig.WebSecrets)).Header("X-RateLimit-Remaining"));
        Assert.Empty(rig.GitHub.Violations);

        var refusal = await rig.GetAsync(GitHubRig.WebSecrets);
        Assert.Equal((403, "0", null), (refusal.Status, refusal.Header("X-RateLimit-Remaining"), refusal.Header("Retry-After")));
        Assert.StartsWith("API rate limit exceeded", refusal.Message, StringComparison.Ordinal);
        rig.Time.Advance(TimeSpan.FromMinutes(59));
        Assert.Equal(403, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
        rig.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
        Assert.Equal(2, rig.GitHub.Violations.Count);
    }

    [Fact]
    public async Task Eighty_changes_a_minute_are_enough()
    {
        await using var rig = await GitHubRig.StartAsync(new());
        for (var number = 0; number < 80; number++) await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");
        Assert.Empty(rig.GitHub.Violations);

        rig.Time.Advance(TimeSpan.FromSeconds(20));
        var refusal = await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");

        Assert.Equal((403, "40"), (refusal.Status, refusal.Header("Retry-After")));
        Assert.Contains("secondary rate limit", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("80 changes a minute", Assert.Single(rig.GitHub.Violations).Reason);
        rig.Time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal(404, (await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME")).Status);
    }

    [Fact]
    public async Task Five_hundred_changes_an_hour_are_enough()
    {
        await using var rig = await GitHubRig.StartAsync(new());
        for (var number = 0; number < 500; number++)
        {
            await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");
            rig.Time.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Empty(rig.GitHub.Violations);

        var refusal = await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");

        Assert.Equal((403, "3100"), (refusal.Status, refusal.Header("Retry-After")));
        Assert.Equal("500 changes an hour", Assert.Single(rig.GitHub.Violations).Reason);
    }

    [Fact]
    public async Task A_change_costs_five_points_and_a_look_one()
    {
        await using var rig = await GitHubRig.StartAsync(new() { PointsPerMinute = 12 });
        await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");
        await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");
        await rig.GetAsync(GitHubRig.WebSecrets);
        await rig.GetAsync(GitHubRig.WebSecrets);
        Assert.Empty(rig.GitHub.Violations);

        Assert.Equal((403, "60"), await rig.GetAsync(GitHubRig.WebSecrets) is var refusal ? (refusal.Status, refusal.Header("Retry-After")) : default);
        Assert.Equal("12 points a minute", Assert.Single(rig.GitHub.Violations).Reason);
    }

    [Theory]
    [InlineData(403, true, false, 30)]
    [InlineData(429, true, false, 30)]
    [InlineData(403, false, true, 90)]
    [InlineData(429, false, true, 90)]
    [InlineData(403, true, true, 30)]
    [InlineData(403, false, false, 60)]
    [InlineData(429, false, false, 60)]
    public async Task Whoever_comes_back_before_the_end_of_a_refusal_breaks_a_rule(int status, bool saysRetryAfter, bool saysReset, int wait)
    {
        await using var rig = await GitHubRig.StartAsync(new());
        rig.GitHub.Inject(FakeFault.RateLimit(status, saysRetryAfter ? TimeSpan.FromSeconds(30) : null, saysReset ? TimeSpan.FromSeconds(90) : null));

        var refusal = await rig.GetAsync(GitHubRig.WebSecrets);
        rig.Time.Advance(TimeSpan.FromSeconds(wait - 1));
        var early = await rig.GetAsync(GitHubRig.WebSecrets);
        rig.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal((status, saysRetryAfter ? "30" : null), (refusal.Status, refusal.Header("Retry-After")));
        if (saysReset && !saysRetryAfter) Assert.Equal(("0", $"{new DateTimeOffset(2026, 1, 1, 0, 1, 30, TimeSpan.Zero).ToUnixTimeSeconds()}"), (refusal.Header("X-RateLimit-Remaining"), refusal.Header("X-RateLimit-Reset")));
        Assert.Equal((status, saysRetryAfter ? "1" : null), (early.Status, early.Header("Retry-After")));
        Assert.Single(rig.GitHub.Violations);
        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
    }

    [Fact]
    public async Task Whoever_waits_each_time_breaks_none()
    {
        await using var rig = await GitHubRig.StartAsync(new());
        rig.GitHub.Inject(FakeFault.RateLimit(429, TimeSpan.FromSeconds(3)) with { Times = 2, When = request => request.Method is "GET" });

        for (var number = 0; number < 2; number++)
        {
            Assert.Equal(429, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
            rig.Time.Advance(TimeSpan.FromSeconds(3));
        }

        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
        Assert.Empty(rig.GitHub.Violations);
    }

    [Fact]
    public async Task Accounts_do_not_share_their_limits_and_the_tokens_of_one_do()
    {
        await using var rig = await GitHubRig.StartAsync(new() { PerHour = 1, AnonymousPerHour = 1 });
        var same = rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo"));
        var other = rig.GitHub.AddToken(FakeToken.Classic(["acme"], "repo") with { Account = "hubot" });

        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets, other)).Status);
        Assert.Equal(404, (await rig.AskAnonymouslyAsync("GET", GitHubRig.WebSecrets)).Status);
        Assert.Equal(403, (await rig.GetAsync(GitHubRig.WebSecrets, same)).Status);
        Assert.Equal("octocat", Assert.Single(rig.GitHub.Violations).Request.Account);
    }

    [Fact]
    public async Task Too_many_at_once_break_a_rule()
    {
        await using var rig = await GitHubRig.StartAsync(new() { AtOnce = 1 });
        rig.GitHub.Inject(FakeFault.Slow(TimeSpan.FromSeconds(1)));

        var first = rig.GetAsync(GitHubRig.WebSecrets);
        while (rig.Time.ArmedTimers == 0) await Task.Yield();
        Assert.Equal(200, (await rig.GetAsync(GitHubRig.WebSecrets)).Status);
        rig.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(200, (await first).Status);
        Assert.Equal("1 requests at once", Assert.Single(rig.GitHub.Violations).Reason);
        Assert.Equal(2, rig.GitHub.MostAtOnce);
    }

    [Fact]
    public async Task Requests_are_remembered_without_the_token()
    {
        await using var rig = await GitHubRig.StartAsync();
        await rig.GetAsync("/api/v3/repos/acme/web/actions/secrets?per_page=100", headers: headers => headers.CacheControl = new() { NoCache = true });

        var seen = Assert.Single(rig.GitHub.Requests);

        Assert.Equal(("GET", "/api/v3/repos/acme/web/actions/secrets?per_page=100", GitHubRig.WebSecrets, 200), (seen.Method, seen.Target, seen.Path, seen.Status));
        Assert.Equal((rig.Time.GetUtcNow(), "no-cache", "octocat"), (seen.Time, seen.Header("cache-control"), seen.Account));
        Assert.Null(seen.Header("Authorization"));
        Assert.DoesNotContain(rig.Token.Text, string.Join(' ', seen.Headers.Values) + seen + rig.Token, StringComparison.Ordinal);
        Assert.Equal(1, rig.GitHub.MostAtOnce);
    }
}
