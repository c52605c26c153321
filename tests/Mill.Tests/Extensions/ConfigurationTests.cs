using System.Threading.Channels;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;
using Mill.Secrets;
using Mill.Secrets.Providers;
using Mill.Tests.Secrets.Providers;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>Secrets as settings, while all is well.</summary>
public sealed class ConfigurationTests
{
    [Fact]
    public async Task Secrets_are_settings_under_names_that_sections_are_made_of()
    {
        await using var settings = await Settings.LoadAsync(null, ("Database__Password", "p"), ("database/user", "u"), ("Plain", "x"), ("empty", ""));
        Assert.Equal(("p", "u", "x", ""), (settings.Root["database:password"], settings.Root["Database:User"], settings.Root["PLAIN"], settings.Root["empty"]));
        Assert.Equal(("p", "u"), (settings.Root.GetSection("Database").Get<Database>()!.Password, settings.Root.GetSection("Database").Get<Database>()!.User));
        Assert.Null(settings.Root["nothing"]);
    }

    [Fact]
    public async Task Only_what_begins_with_the_prefix_is_taken_and_without_it()
    {
        await using var settings = await Settings.LoadAsync(options => options.Prefix = "app/", ("app/a", "1"), ("app/b/c", "2"), ("application", "3"), ("other/a", "4"), ("app/", "5"));
        Assert.Equal(["a", "b", "b:c"], settings.Root.AsEnumerable().Select(setting => setting.Key).Order(StringComparer.Ordinal));
        await settings.SetAsync("other/b", "6");
        await settings.SetAsync("app/d", "7");
        await settings.UntilAsync(() => settings.Reloads > 0);
        Assert.Equal(("7", 1), (settings.Root["d"], settings.Reloads));
    }

    [Fact]
    public async Task Names_may_be_made_in_another_way_and_of_two_for_one_name_the_first_key_counts()
    {
        await using var mapped = await Settings.LoadAsync(options => options.MapKey = key => key is "hidden" ? null : key.Replace("--", ":", StringComparison.Ordinal), ("a--b", "1"), ("c__d", "2"), ("hidden", "3"));
        Assert.Equal(("1", "2"), (mapped.Root["a:b"], mapped.Root["c__d"]));
        Assert.DoesNotContain(mapped.Root.AsEnumerable(), setting => setting.Value is "3");
        await using var dots = await Settings.LoadAsync(options => options.Separators = [".", "..."], ("a...b.c", "1"), ("d__e", "2"));
        Assert.Equal(("1", "2"), (dots.Root["a:b:c"], dots.Root["d__e"]));
        await using var doubles = await Settings.LoadAsync(null, ("a__b", "2"), ("A/B", "1"), ("a/b", "3"));
        Assert.Equal("1", doubles.Root["a:b"]);
    }

    [Fact]
    public async Task What_changes_together_is_one_reload()
    {
        var told = Channel.CreateUnbounded<SecretChange>();
        await using var settings = new Settings(("a", "1"), ("b", "1"), ("c", "1"));
        await settings.LoadAsync(options => (options.Provider, options.Keys) = (new Mute(settings.Memory, told), ["a", "b", "c", "d"]));
        await settings.SetAsync("a", "2");
        settings.Memory.Remove("b");
        await settings.SetAsync("d", "1");
        told.Writer.TryWrite(new(SecretChangeKind.Rotated, "a", "b", "c", "d"));
        await settings.UntilAsync(() => settings.Reloads > 0);
        Assert.Equal(("2", null, "1", "1"), (settings.Root["a"], settings.Root["b"], settings.Root["c"], settings.Root["d"]));
        await settings.PassAsync(TimeSpan.FromMinutes(5)); // everything is read again several times meanwhile
        Assert.Equal(1, settings.Reloads);
    }

    [Fact]
    public async Task What_does_not_change_is_no_reload()
    {
        await using var settings = await Settings.LoadAsync(null, ("a", "1"), ("c", "1"));
        await settings.SetAsync("a", "1"); // told as a rotation, and none
        await settings.SetAsync("x", "1");
        settings.Memory.Remove("x"); // there and gone before anybody looked
        await settings.PassAsync(TimeSpan.FromMinutes(5));
        await settings.SetAsync("c", "2");
        await settings.UntilAsync(() => settings.Reloads > 0);
        Assert.Equal(("2", 1), (settings.Root["c"], settings.Reloads));
    }

    [Fact]
    public async Task A_place_that_tells_nothing_is_read_now_and_then()
    {
        await using var settings = new Settings(("a", "1"));
        await settings.LoadAsync(options => (options.Provider, options.Keys) = (new Mute(settings.Memory), ["a", "late"]));
        Assert.Equal("1", settings.Root["a"]);
        await settings.SetAsync("a", "2");
        await settings.SetAsync("late", "1");
        await settings.UntilAsync("a", "2");
        await settings.UntilAsync("late", "1");
        settings.Memory.Remove("late");
        await settings.UntilAsync("late", null);
    }

    [Fact]
    public async Task No_reader_ever_misses_a_setting_while_all_of_them_are_exchanged()
    {
        const int Rounds = 20;
        var keys = Enumerable.Range(0, 50).Select(number => $"section__key{number}").ToArray();
        await using var settings = await Settings.LoadAsync(options => options.SettleTime = TimeSpan.Zero, [.. keys.Select(key => (key, "0"))]);
        using var stop = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            var (reads, missed) = (0, 0);
            while (!stop.IsCancellationRequested || reads < 10_000)
            {
                if (settings.Root[$"section:key{reads % keys.Length}"] is null) missed++;
                if (reads % 500 == 0 && settings.Root.GetSection("section").GetChildren().Count() != keys.Length) missed++;
                reads++;
            }
            return (reads, missed);
        })).ToArray();
        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var key in keys) await settings.SetAsync(key, $"{round}");
            await settings.UntilAsync(() => keys.All(key => settings.Root[key.Replace("__", ":", StringComparison.Ordinal)] == $"{round}"));
        }
        await settings.UntilAsync(() => settings.Reloads >= Rounds);
        await stop.CancelAsync();
        foreach (var reader in readers)
        {
            var (reads, missed) = await reader;
            Assert.Equal((true, 0), (reads >= 10_000, missed));
        }
        Assert.True(settings.Reloads <= Rounds * keys.Length);
    }

    [Fact]
    public async Task Whatever_is_done_upon_a_change_and_fails_the_next_change_is_told()
    {
        await using var settings = await Settings.LoadAsync(null, ("a", "1"));
        using var bad = ChangeToken.OnChange(settings.Root.GetReloadToken, () => throw new InvalidOperationException("It is broken."));
        await settings.SetAsync("a", "2");
        await settings.UntilAsync(() => settings.Reloads == 1);
        await settings.SetAsync("a", "3");
        await settings.UntilAsync(() => settings.Reloads == 2);
        Assert.Equal("3", settings.Root["a"]);
    }

    [Fact]
    public async Task A_value_set_by_hand_goes_before_the_secret()
    {
        await using var settings = await Settings.LoadAsync(null, ("a", "1"), ("b", "1"));
        settings.Root["a"] = "mine";
        await settings.SetAsync("a", "2");
        await settings.SetAsync("b", "2");
        await settings.UntilAsync("b", "2");
        Assert.Equal("mine", settings.Root["a"]);
    }

    [Fact]
    public async Task A_reload_by_hand_reads_everything_at_once()
    {
        await using var settings = new Settings(("a", "1"));
        await settings.LoadAsync(options => (options.Provider, options.Keys) = (new Mute(settings.Memory), ["a"]));
        await settings.SetAsync("a", "2");
        settings.Root.Reload();
        Assert.Equal(("2", 1), (settings.Root["a"], settings.Reloads));
    }

    [Fact]
    public async Task After_its_end_nothing_is_told_and_what_it_made_is_disposed()
    {
        var (mine, made) = (Seeds.Memory("mine", ("a", "1")), Seeds.Memory("made", ("b", "1")));
        var root = new ConfigurationBuilder().AddMillSecrets(mine).AddMillSecrets(options => options.Create = _ => new(made)).Build();
        Assert.Equal(("1", "1"), (root["a"], root["b"]));
        ((IDisposable)root).Dispose();
        ((IDisposable)root).Dispose();
        Assert.True((await mine.TryGetAsync("a")).IsFound);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await made.TryGetAsync("b"));
        await mine.DisposeAsync();
    }

    [Fact]
    public async Task It_may_be_disposed_by_what_is_done_upon_a_change()
    {
        await using var settings = await Settings.LoadAsync(null, ("a", "1"));
        var isDone = false;
        using var _ = ChangeToken.OnChange(settings.Root.GetReloadToken, () =>
        {
            ((IDisposable)settings.Root).Dispose();
            Volatile.Write(ref isDone, true);
        });
        await settings.SetAsync("a", "2");
        await settings.UntilAsync(() => Volatile.Read(ref isDone));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_it_made_is_disposed_too_where_whoever_is_told_disposes_it(bool uponChange)
    {
        var isDone = false;
        var outage = new SecretUnavailableException("memory", "The wire was cut.");
        await using var settings = new Settings(("a", "1"));
        await settings.LoadAsync(options =>
        {
            (options.Provider, options.Create) = (null, _ => new(settings.Wire));
            if (!uponChange) options.ErrorChanged = _ => End();
        });
        using var __ = ChangeToken.OnChange(settings.Root.GetReloadToken, End);
        if (uponChange) await settings.SetAsync("a", "2");
        else settings.Wire.Outage = outage;
        await settings.UntilAsync(() => Volatile.Read(ref isDone));
        await settings.UntilAsync(() => Record.Exception(() => settings.Memory.Remove("x")) is ObjectDisposedException);

        void End()
        {
            ((IDisposable)settings.Root).Dispose();
            Volatile.Write(ref isDone, true);
        }
    }

    [Fact]
    public async Task A_log_that_throws_does_not_end_the_following_of_changes()
    {
        await using var settings = await Settings.LoadAsync(null, ("a", "1"));
        settings.Provider.LogTo(new BrokenLog());
        using var bad = ChangeToken.OnChange(settings.Root.GetReloadToken, () => throw new InvalidOperationException("It is broken."));
        settings.Cut();
        await settings.UntilAsync(() => settings.Provider.LastError is not null);
        settings.Provider.LogTo(new BrokenLog());
        settings.Wire.Outage = null;
        foreach (var value in (string[])["2", "3"])
        {
            await settings.SetAsync("a", value);
            await settings.UntilAsync("a", value);
        }
        await settings.UntilAsync(() => settings.Reloads == 2);
    }

    [Fact]
    public async Task A_log_says_what_is_wrong_and_names_no_secret()
    {
        using var logs = new CapturedLogs();
        using var binary = SecretValue.FromBytes([0xff, 0xfe]);
        await using var settings = await Settings.LoadAsync(null, ("Canary__Name", "1"));
        settings.Provider.LogTo(logs.CreateLogger("Mill.Extensions"));
        settings.Cut();
        await settings.UntilAsync(() => logs.All.Contains("Settings from memory may not be the latest: storage_unavailable", StringComparison.Ordinal));
        settings.Wire.Outage = new("memory", "The file /secrets/canary-new may be read by others."); // of one that nobody here knows yet
        await settings.UntilAsync(() => logs.All.Split("may not be the latest").Length == 3);
        settings.Wire.Outage = null;
        await settings.UntilAsync(() => logs.All.Contains("Settings from memory are the latest again", StringComparison.Ordinal));
        await settings.Memory.SetAsync("canary-name/2", binary);
        await settings.UntilAsync(() => logs.All.Contains("may not be the latest: unsupported", StringComparison.Ordinal));
        Assert.Contains("canary-name/2", settings.Provider.LastError!.Message, StringComparison.Ordinal); // whoever asks is told
        Assert.DoesNotContain("canary", logs.All, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_view_for_debugging_shows_other_settings_and_no_secret()
    {
        await using var settings = await Settings.LoadAsync(null, ("a__b", "canary-1"));
        var root = new ConfigurationBuilder()
            .AddInMemoryCollection([new("plain", "visible"), new("hidden", "visible too")])
            .AddConfiguration(settings.Root)
            .AddMillSecrets(settings.Memory, options => options.MapKey = key => "direct:" + key)
            .Build();
        Assert.Equal(("canary-1", "canary-1"), (root["a:b"], root["direct:a__b"]));
        var view = root.GetMaskedDebugView(context => context.Key is "hidden" ? "***" : context.Value ?? "");
        Assert.DoesNotContain("canary", view, StringComparison.Ordinal);
        Assert.Contains("plain=visible (", view, StringComparison.Ordinal);
        Assert.Contains("hidden=*** (", view, StringComparison.Ordinal);
        Assert.Contains("a__b=[secret] (Mill (memory))", view, StringComparison.Ordinal);
        Assert.Equal("Mill (memory)", settings.Provider.ToString());
        (root as IDisposable)?.Dispose();
    }

    [Fact]
    public async Task What_is_no_text_is_named_and_the_rest_is_there()
    {
        using var binary = SecretValue.FromBytes([0xff, 0xfe]);
        await using var settings = new Settings(("a", "1"));
        await settings.Memory.SetAsync("picture", binary);
        var refused = await Assert.ThrowsAsync<SecretConfigurationException>(() => settings.LoadAsync());
        Assert.Contains("\"picture\"", refused.Message, StringComparison.Ordinal);
        await settings.LoadAsync(options => options.Start = Mill.Extensions.SecretStart.Optional);
        Assert.Equal(("1", null), (settings.Root["a"], settings.Root["picture"]));
        Assert.IsType<SecretUnsupportedException>(settings.Provider.LastError);
    }

    [Fact]
    public void Settings_in_the_way_of_chains_say_where_secrets_come_from()
    {
        using var place = new SecretFilePlace(SecretFileFormat.Dotenv, ("Database__Password", "p"));
        var asked = new Dictionary<string, string> { ["SECRET_PROVIDER_CHAIN"] = "memory,file", ["SECRET_FILE_PATH"] = place.Path };
        var root = new ConfigurationBuilder().AddMillSecrets(options => options.Settings = asked.GetValueOrDefault).Build();
        Assert.Equal("p", root["database:password"]);
        ((IDisposable)root).Dispose();
        asked["SECRET_PROVIDER_CHAIN"] = "memroy";
        var refused = Assert.Throws<SecretConfigurationException>(() => new ConfigurationBuilder().AddMillSecrets(options => options.Settings = asked.GetValueOrDefault).Build());
        Assert.Contains("did you mean \"memory\"?", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_cannot_be_meant_are_all_told()
    {
        var refused = Assert.Throws<SecretConfigurationException>(() => new ConfigurationBuilder().AddMillSecrets(options =>
        {
            (options.Create, options.Provider, options.Separators) = (_ => new(new MemoryProvider()), new MemoryProvider(), [""]);
            (options.StartTimeout, options.RefreshInterval) = (TimeSpan.Zero, TimeSpan.Zero);
        }).Build());
        foreach (var word in (string[])["only one of", "StartTimeout", "RefreshInterval", "separator"]) Assert.Contains(word, refused.Message, StringComparison.Ordinal);
    }

    private sealed class BrokenLog : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => throw new InvalidOperationException("The disk is full.");
    }

    private sealed class Database
    {
        public string? User { get; set; }

        public string? Password { get; set; }
    }
}
