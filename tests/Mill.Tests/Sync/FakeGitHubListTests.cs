using System.Text.RegularExpressions;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Pages, tags, delays, and what can be made to go wrong with them.</summary>
public sealed partial class FakeGitHubListTests
{
    [Fact]
    public async Task A_long_list_comes_in_pages_that_say_where_the_others_are()
    {
        await using var rig = await GitHubRig.StartAsync();
        for (var number = 0; number < 70; number++) rig.Web.Secrets.Put($"NAME_{number:00}", "value");
        var secrets = $"{rig.GitHub.Address}repositories/{rig.Web.Id}/actions/secrets";

        var first = await rig.GetAsync(GitHubRig.WebSecrets);
        var second = await rig.GetAsync($"{GitHubRig.WebSecrets}?page=2");
        var third = await rig.GetAsync(new Uri(Link(second, "next")!).PathAndQuery);

        Assert.Equal((30, 30, 10), (first.Names.Count, second.Names.Count, third.Names.Count));
        Assert.Equal(rig.Web.Secrets.Names, [.. first.Names, .. second.Names, .. third.Names]);
        Assert.All(new[] { first, second, third }, page => Assert.Equal(70, (int)page.Body!["total_count"]!));
        Assert.Equal((null, $"{secrets}?page=2", $"{secrets}?page=3", null), (Link(first, "prev"), Link(first, "next"), Link(first, "last"), Link(first, "first")));
        Assert.Equal(($"{secrets}?page=1", $"{secrets}?page=3", $"{secrets}?page=3", $"{secrets}?page=1"), (Link(second, "prev"), Link(second, "next"), Link(second, "last"), Link(second, "first")));
        Assert.Equal(($"{secrets}?page=2", null, null, $"{secrets}?page=1"), (Link(third, "prev"), Link(third, "next"), Link(third, "last"), Link(third, "first")));
    }

    [Theory]
    [InlineData("per_page=100", 100)]
    [InlineData("per_page=1000", 100)]
    [InlineData("per_page=0", 1)]
    [InlineData("per_page=-5", 1)]
    [InlineData("per_page=x", 30)]
    [InlineData("per_page=60&page=3", 30)]
    [InlineData("per_page=60&page=4", 0)]
    [InlineData("page=0", 30)]
    public async Task A_page_has_one_to_a_hundred(string query, int count)
    {
        await using var rig = await GitHubRig.StartAsync();
        for (var number = 0; number < 150; number++) rig.Acme.Secrets.Put($"NAME_{number}", "value");

        Assert.Equal(count, (await rig.GetAsync($"/orgs/acme/actions/secrets?{query}")).Names.Count);
    }

    [Fact]
    public async Task Links_keep_the_rest_of_the_query_and_the_place_before_the_path()
    {
        await using var rig = await GitHubRig.StartAsync();
        for (var number = 0; number < 3; number++) rig.Acme.Secrets.Put($"NAME_{number}", "value");

        var page = await rig.GetAsync("/api/v3/repos/acme/web/actions/organization-secrets?per_page=2");

        Assert.Equal($"{rig.GitHub.EnterpriseAddress}repositories/{rig.Web.Id}/actions/organization-secrets?per_page=2&page=2", Link(page, "next"));
        Assert.Single((await rig.GetAsync(new Uri(Link(page, "next")!).PathAndQuery)).Names);
        var organization = await rig.GetAsync("/orgs/acme/actions/secrets?per_page=2");
        Assert.Single((await rig.GetAsync(new Uri(Link(organization, "next")!).PathAndQuery)).Names);
    }

    [Fact]
    public async Task Who_has_the_list_already_is_told_so_for_nothing()
    {
        await using var rig = await GitHubRig.StartAsync(new());
        rig.Web.Secrets.Put("NAME", "value");
        var list = await rig.GetAsync(GitHubRig.WebSecrets);
        var tag = list.Header("ETag")!;

        var same = await rig.GetAsync(GitHubRig.WebSecrets, headers: headers => headers.TryAddWithoutValidation("If-None-Match", tag));
        rig.Time.Advance(TimeSpan.FromSeconds(1));
        await rig.SetAsync(GitHubRig.WebSecrets, "NAME", "value");
        var changed = await rig.GetAsync(GitHubRig.WebSecrets, headers: headers => headers.TryAddWithoutValidation("If-None-Match", $"\"other\", {tag}"));

        Assert.StartsWith("W/\"", tag, StringComparison.Ordinal);
        Assert.Equal((304, null, "1"), (same.Status, same.Body, same.Header("X-RateLimit-Used")));
        Assert.Equal((200, "4"), (changed.Status, changed.Header("X-RateLimit-Used")));
        Assert.NotEqual(tag, changed.Header("ETag"));
    }

    [Fact]
    public async Task Lists_lag_behind_by_as_much_as_is_said()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.GitHub.ListDelay = TimeSpan.FromSeconds(5);
        await rig.SetAsync(GitHubRig.WebSecrets, "NAME", "value");
        rig.Time.Advance(TimeSpan.FromSeconds(4.999));

        Assert.Empty((await rig.GetAsync(GitHubRig.WebSecrets)).Names);
        Assert.Equal(200, (await rig.GetAsync($"{GitHubRig.WebSecrets}/NAME")).Status);
        rig.Time.Advance(TimeSpan.FromSeconds(0.001));
        Assert.Equal(["NAME"], (await rig.GetAsync(GitHubRig.WebSecrets)).Names);
        await rig.SendAsync("DELETE", $"{GitHubRig.WebSecrets}/NAME");
        Assert.Equal(["NAME"], (await rig.GetAsync(GitHubRig.WebSecrets)).Names);
        rig.Time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty((await rig.GetAsync(GitHubRig.WebSecrets)).Names);
    }

    [Fact]
    public async Task A_page_can_fail_each_time()
    {
        await using var rig = await GitHubRig.StartAsync();
        for (var number = 0; number < 40; number++) rig.Web.Secrets.Put($"NAME_{number}", "value");
        rig.GitHub.Inject(FakeFault.ErrorOnPage(2));

        Assert.Equal(200, (await rig.GetAsync($"{GitHubRig.WebSecrets}?per_page=20")).Status);
        Assert.Equal(500, (await rig.GetAsync($"{GitHubRig.WebSecrets}?per_page=20&page=2")).Status);
        Assert.Equal(500, (await rig.GetAsync($"{GitHubRig.WebSecrets}?page=2")).Status);
        rig.GitHub.ClearFaults();
        Assert.Equal(200, (await rig.GetAsync($"{GitHubRig.WebSecrets}?page=2")).Status);
    }

    [Fact]
    public async Task A_connection_is_cut_before_or_after_the_work()
    {
        await using var rig = await GitHubRig.StartAsync();
        bool IsPut(RecordedRequest request) => request.Method is "PUT";
        rig.GitHub.Inject(FakeFault.Drop() with { When = IsPut });
        rig.GitHub.Inject(FakeFault.DropAnswer() with { When = IsPut });

        await Assert.ThrowsAsync<HttpRequestException>(() => rig.SetAsync(GitHubRig.WebSecrets, "BEFORE", "value"));
        await Assert.ThrowsAsync<HttpRequestException>(() => rig.SetAsync(GitHubRig.WebSecrets, "AFTER", "value"));

        Assert.Equal(["AFTER"], rig.Web.Secrets.Names);
        Assert.Equal([200, 0, 200, 0], rig.GitHub.Requests.Select(request => request.Status));
    }

    [Fact]
    public async Task An_answer_can_take_its_time()
    {
        await using var rig = await GitHubRig.StartAsync();
        rig.GitHub.Inject(FakeFault.Slow(TimeSpan.FromSeconds(20)));

        var reply = rig.GetAsync(GitHubRig.WebSecrets);
        while (rig.Time.ArmedTimers == 0) await Task.Yield();
        Assert.False(reply.IsCompleted);
        rig.Time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(200, (await reply).Status);
    }

    private static string? Link(GitHubReply reply, string rel) => LinkPattern().Matches(reply.Header("Link") ?? "").FirstOrDefault(match => match.Groups["rel"].Value == rel)?.Groups["url"].Value;

    [GeneratedRegex("<(?<url>[^>]*)>; rel=\"(?<rel>[a-z]+)\"")]
    private static partial Regex LinkPattern();
}
