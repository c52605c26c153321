using System.Text;
using Microsoft.AspNetCore.Http;
using Mill.Client.Providers;
using Mill.Secrets.Providers;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Client;

/// <summary>The file with the last good values, where it cannot be written, and for whom it is not.</summary>
public sealed class LastGoodTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("mill-last-good-").FullName;
    private readonly ManualTime _time = new();

    private string Place => Path.Combine(_root, "kept");

    private string Kept => Path.Combine(Place, "last-good");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task What_could_not_be_written_is_said_and_written_once_it_can_be()
    {
        var options = Options(new("http://127.0.0.1:1"));
        using var session = new VaultSession(options);
        var lastGood = new LastGood(Kept, options, session, new());
        using var stop = new CancellationTokenSource();
        var keeping = lastGood.RunAsync(stop.Token);
        var answered = _time.GetUtcNow();
        lastGood.Changed();
        await ChangeReader.TickUntil(() => lastGood.Error is not null, Tick);
        Assert.Contains(Kept, lastGood.Error!.Message, StringComparison.Ordinal);

        Directory.CreateDirectory(Place);
        await ChangeReader.TickUntil(() => lastGood.Error is null, Tick); // nothing has changed meanwhile
        await stop.CancelAsync();
        await keeping;
        Assert.Equal([Kept], Directory.EnumerateFileSystemEntries(Place));
        var later = new LastGood(Kept, options, session, new());
        Assert.True(later.Load());
        Assert.Equal(answered, later.Saved); // it was written much later
        Assert.True(_time.GetUtcNow() > answered);
    }

    [Fact]
    public async Task What_was_read_from_it_and_not_answered_since_is_as_old_as_it_was()
    {
        Directory.CreateDirectory(Place);
        await using var mill = await FakeMill.StartAsync();
        mill.Fail("GET /v1/secrets:watch", 503, "not_ready");
        foreach (var key in new[] { "a", "b" }) mill.On($"GET /v1/secrets/{key}", $$"""{"name":"{{key}}","version":1,"value":"1","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        var options = new VaultProviderOptions { Server = new() { Address = mill.Address, Token = FakeMill.Token, Time = _time }, LastGoodFile = Kept, Start = VaultStart.Optional };
        var first = _time.GetUtcNow();
        foreach (var key in new[] { "a", "b" })
        {
            await using var provider = await VaultProvider.OpenAsync(options);
            Assert.Equal("1", Text(await provider.TryGetAsync(key)));
            _time.Advance(TimeSpan.FromHours(1));
        }
        await using var last = await VaultProvider.OpenAsync(options);
        // The second had one of the two from the file, and had not heard of it again.
        Assert.Equal((first, first), (last.LastGoodSaved, last.Since));
    }

    [Fact]
    public async Task What_a_killed_process_left_is_deleted_and_what_another_is_writing_is_not()
    {
        Directory.CreateDirectory(Place);
        foreach (var (name, age) in new[] { ("last-good.0123.new", TimeSpan.FromHours(1)), ("last-good.4567.new", TimeSpan.Zero), ("other.0123.new", TimeSpan.FromHours(1)) })
        {
            File.WriteAllText(Path.Combine(Place, name), "");
            File.SetLastWriteTimeUtc(Path.Combine(Place, name), (_time.GetUtcNow() - age).UtcDateTime);
        }
        var options = Options(new("http://127.0.0.1:1"));
        using var session = new VaultSession(options);
        await new LastGood(Kept, options, session, new()).RunAsync(new CancellationToken(canceled: true));
        Assert.Equal(["last-good.4567.new", "other.0123.new"], Directory.EnumerateFiles(Place).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_was_kept_is_not_given_to_a_token_that_was_revoked()
    {
        Directory.CreateDirectory(Place);
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /v1/secrets/a", """{"name":"a","version":1,"value":"1","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        mill.On("GET /v1/secrets:watch", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("id: 7\n\n");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        var options = Options(mill.Address) with { LastGoodFile = Kept, Start = VaultStart.LastGood };
        await using (var before = await VaultProvider.OpenAsync(options)) Assert.Equal("1", Text(await before.TryGetAsync("a")));
        Assert.True(File.Exists(Kept));

        mill.Fail("GET /v1/secrets:watch", 401, "unauthenticated");
        mill.Fail("GET /v1/secrets/a", 401, "unauthenticated");
        await Assert.ThrowsAsync<SecretConfigurationException>(async () => await VaultProvider.OpenAsync(options));
        mill.Fail("GET /v1/secrets:watch", 503, "not_ready");
        await using var after = await VaultProvider.OpenAsync(options with { Start = VaultStart.Optional });
        Assert.NotNull(after.LastGoodSaved); // of a vault that is only away they are given
        Assert.Equal("1", Text(await after.TryGetAsync("a")));
    }

    [Fact]
    public async Task A_time_that_is_none_is_refused_before_anybody_is_asked()
    {
        await using var mill = await FakeMill.StartAsync();
        foreach (var options in (VaultProviderOptions[])[Options(mill.Address) with { StartTimeout = TimeSpan.FromSeconds(-5) }, Options(mill.Address) with { ListTimeout = TimeSpan.Zero }])
            Assert.Contains("Timeout", (await Assert.ThrowsAsync<SecretConfigurationException>(async () => await VaultProvider.OpenAsync(options))).Message, StringComparison.Ordinal);
        Assert.Empty(mill.Seen);
    }

    private void Tick() => _time.Advance(TimeSpan.FromSeconds(1));

    private VaultProviderOptions Options(Uri address) => new() { Server = new() { Address = address, Token = FakeMill.Token, Time = address.Port is 1 ? _time : TimeProvider.System } };

    private static string? Text(SecretLookup lookup)
    {
        using var value = lookup.Value;
        return value?.Reveal(Encoding.UTF8.GetString);
    }
}
