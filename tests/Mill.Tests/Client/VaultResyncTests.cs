using System.Text;
using Mill.Client.Providers;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>What the provider of a vault does when not everything can be had, and with what was never there.</summary>
public sealed class VaultResyncTests
{
    [Fact]
    public async Task One_secret_that_cannot_be_given_leaves_the_others_the_latest()
    {
        await using var mill = await FakeMill.StartAsync();
        var streams = new FakeStreams(mill);
        foreach (var key in new[] { "a", "b" }) Give(mill, key, "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Equal(("1", "1"), (await TextAsync(provider, "a"), await TextAsync(provider, "b")));

        Give(mill, "a", "2");
        mill.Fail("GET /v1/secrets/b", 500, "record_rejected");
        streams.Break();
        await ChangeReader.TickUntil(() => streams.Count > 1 && provider.LastError is null, () => { });
        var (whole, refused) = (await provider.TryGetAsync("a"), await provider.TryGetAsync("b"));
        Assert.Equal((null, "2"), (whole.Error, Text(whole)));
        Assert.Equal((MillError.RecordRejected, "1"), (refused.Error?.Error, Text(refused)));

        Give(mill, "b", "3");
        var again = await provider.TryGetAsync("b");
        Assert.Equal((null, "3"), (again.Error, Text(again)));
    }

    [Fact]
    public async Task A_refresh_asks_the_vault_whatever_is_kept()
    {
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill); // it says nothing of what changes
        Give(mill, "a", "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Equal("1", await TextAsync(provider, "a"));
        Give(mill, "a", "2");
        Assert.Equal("1", await TextAsync(provider, "a"));
        await provider.RefreshAsync("a");
        Assert.Equal("2", await TextAsync(provider, "a"));
    }

    [Fact]
    public async Task What_is_kept_is_given_without_asking_the_vault()
    {
        await using var mill = await FakeMill.StartAsync();
        var streams = new FakeStreams(mill);
        Give(mill, "a", "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Null(provider.FindCached("a"));
        Assert.Equal("1", await TextAsync(provider, "a"));

        int Asked() => mill.Seen.Count(request => request.Target.StartsWith("/v1/secrets/", StringComparison.Ordinal));
        var before = Asked();
        var kept = provider.FindCached("a") ?? default;
        Assert.Equal((null, "1"), (kept.Error, Text(kept)));
        Assert.Null(provider.FindCached("b"));
        Assert.Equal((before, 1), (Asked(), provider.CachedCount));

        mill.Fail("GET /v1/secrets:watch", 503, "not_ready");
        streams.Break();
        await ChangeReader.TickUntil(() => provider.LastError is not null, () => { });
        var stale = provider.FindCached("a") ?? default;
        Assert.Equal((true, "1"), (stale.Error is not null, Text(stale)));
    }

    [Fact]
    public async Task A_change_of_a_secret_that_cannot_be_given_does_not_end_the_watch()
    {
        await using var mill = await FakeMill.StartAsync();
        var streams = new FakeStreams(mill);
        Give(mill, "b", "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Equal("1", await TextAsync(provider, "b"));
        await using var watch = new ChangeReader(provider);
        mill.Fail("GET /v1/secrets/b", 403, "forbidden");
        streams.Say("id: 8\nevent: rotated\ndata: {\"name\":\"b\",\"version\":2}\n\nid: 9\nevent: added\ndata: {\"name\":\"c\",\"version\":1}\n\n");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "c"));
        Assert.Equal((1, null), (streams.Count, provider.LastError));
    }

    [Fact]
    public async Task What_was_answered_is_not_asked_for_again_when_something_else_fails()
    {
        var asked = new List<string>();
        var isAnswered = new TaskCompletionSource();
        var resync = new VaultResync(["a", "b"], async (key, _) =>
        {
            lock (asked) asked.Add(key);
            if (key is "a") isAnswered.TrySetResult();
            else await isAnswered.Task;
            if (key is "b") throw new MillException(MillError.Unreachable, "It is gone.");
        });
        for (var i = 0; i < 3; i++) await Assert.ThrowsAsync<MillException>(() => resync.RunAsync(CancellationToken.None));
        Assert.Equal(["a", "b", "b", "b"], asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Names_without_a_secret_are_forgotten_once_there_are_too_many()
    {
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill);
        Give(mill, "there", "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Equal("1", await TextAsync(provider, "there"));
        for (var i = 0; i <= VaultCache.MostAbsent; i++) Assert.Null(await TextAsync(provider, $"none{i}"));
        foreach (var key in new[] { "none0", $"none{VaultCache.MostAbsent}", "there" }) await TextAsync(provider, key);
        Assert.Equal((2, 1, 1), (Asked(mill, "none0"), Asked(mill, $"none{VaultCache.MostAbsent}"), Asked(mill, "there")));
    }

    [Fact]
    public async Task What_was_missing_once_and_is_there_by_now_is_kept()
    {
        await using var mill = await FakeMill.StartAsync();
        var streams = new FakeStreams(mill);
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Null(await TextAsync(provider, "late"));
        await using var watch = new ChangeReader(provider);
        Give(mill, "late", "1");
        streams.Say("id: 8\nevent: added\ndata: {\"name\":\"late\",\"version\":1}\n\n");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Added, "late"));
        for (var i = 0; i <= VaultCache.MostAbsent; i++) Assert.Null(await TextAsync(provider, $"none{i}"));
        Assert.Equal("1", await TextAsync(provider, "late"));
        Assert.Equal(2, Asked(mill, "late")); // once when it was missing, and once when it was told of
    }

    [Fact]
    public async Task Where_the_vault_cannot_say_what_was_missed_everything_is_asked_for_again()
    {
        await using var mill = await FakeMill.StartAsync();
        var streams = new FakeStreams(mill);
        foreach (var key in new[] { "a", "b" }) Give(mill, key, "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        Assert.Equal(("1", "1"), (await TextAsync(provider, "a"), await TextAsync(provider, "b")));
        await using var watch = new ChangeReader(provider);
        Give(mill, "b", "2");
        streams.Say("id: 20\nevent: reset\ndata: {}\n\n");
        await watch.ExpectAsync(new SecretChange(SecretChangeKind.Rotated, "b"));
        Assert.Equal(("1", "2", 1, null), (await TextAsync(provider, "a"), await TextAsync(provider, "b"), streams.Count, provider.LastError));
    }

    [Fact]
    public async Task Many_who_miss_one_secret_are_one_question_and_another_secret_does_not_wait_for_it()
    {
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        mill.On("GET /v1/secrets/slow", async context =>
        {
            await answer.Task;
            await FakeMill.WriteAsync(context, 200, "application/json", Json("slow", "1"));
        });
        Give(mill, "b", "1");
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        var many = Enumerable.Range(0, 100).Select(_ => TextAsync(provider, "slow")).ToList();
        Assert.Equal("1", await TextAsync(provider, "b"));
        Assert.All(many, one => Assert.False(one.IsCompleted));
        answer.SetResult();
        Assert.All(await Task.WhenAll(many), text => Assert.Equal("1", text));
        Assert.Equal(1, Asked(mill, "slow"));
    }

    [Fact]
    public async Task An_answer_of_another_name_is_none()
    {
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill);
        mill.On("GET /v1/secrets/a", Json("b", "canary"));
        await using var provider = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token } });
        var lookup = await provider.TryGetAsync("a");
        Assert.Equal((SecretLookupStatus.Unavailable, MillError.Internal), (lookup.Status, lookup.Error?.Error));
        Give(mill, "a", "1");
        Assert.Equal("1", await TextAsync(provider, "a"));
    }

    private static string Json(string key, string value) => $$"""{"name":"{{key}}","version":1,"value":"{{value}}","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""";

    private static int Asked(FakeMill mill, string key) => mill.Seen.Count(request => request.Target == $"/v1/secrets/{key}");

    private static void Give(FakeMill mill, string key, string value) =>
        mill.On($"GET /v1/secrets/{key}", Json(key, value));

    private static async Task<string?> TextAsync(VaultProvider provider, string key) => Text(await provider.TryGetAsync(key));

    private static string? Text(SecretLookup lookup)
    {
        using var value = lookup.Value;
        return value?.Reveal(Encoding.UTF8.GetString);
    }
}
