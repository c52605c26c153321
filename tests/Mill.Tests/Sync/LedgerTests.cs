using System.Text;
using Mill.Core.Model;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class LedgerTests
{
    private static readonly SecretScope Target = Scopes.Of("acme/web");
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly LedgerKey Key = new(new byte[LedgerKey.Length]);

    private static Ledger Sample => Ledger.New(Target, Key)
        .Wrote("B", new("db/b", 3, "aa", Noon, Noon.AddMilliseconds(1)), "run")
        .Wrote("A", new("db/a", 1, "bb", Noon, Noon) { IsUnconfirmed = true }, "run")
        .Intending([KeyValuePair.Create("C", new LedgerIntent("db/c", 2, "cc", null, Noon, "run"))]) with
    { HasPruned = true };

    [Fact]
    public void A_ledger_is_the_same_text_whenever_it_is_written()
    {
        const string Text = """
            {"format":1,"target":"acme/web","key":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            "secrets":{"A":{"secret":"db/a","version":1,"fingerprint":"bb","updated_at":"2026-01-31T12:00:00Z","written_at":"2026-01-31T12:00:00Z","unconfirmed":true},
            "B":{"secret":"db/b","version":3,"fingerprint":"aa","updated_at":"2026-01-31T12:00:00Z","written_at":"2026-01-31T12:00:00.001Z"}},
            "intents":{"C":{"secret":"db/c","version":2,"fingerprint":"cc","before":null,"intended_at":"2026-01-31T12:00:00Z","run":"run"}},"pruned":true}
            """;
        Assert.Equal(Text.ReplaceLineEndings(""), TextOf(Sample));
        Assert.Equal(TextOf(Sample), TextOf(Read(TextOf(Sample))));
        var elsewhere = Sample.Wrote("B", new("db/b", 3, "aa", Noon.ToOffset(TimeSpan.FromHours(3)), Noon.AddMilliseconds(1).ToOffset(TimeSpan.FromHours(-1))), "run");
        Assert.Equal(TextOf(Sample), TextOf(elsewhere));
    }

    [Theory]
    [InlineData("\"format\":1", "\"format\":2", MillError.LaterFormat)]
    [InlineData("\"format\":1", "\"format\":0", MillError.RecordRejected)]
    [InlineData("\"format\":1,", "", MillError.RecordRejected)]
    [InlineData("acme/web", "acme/other", MillError.RecordRejected)]
    [InlineData("\"pruned\"", "\"purned\"", MillError.RecordRejected)]
    [InlineData("\"run\":\"run\"", "\"run\":null", MillError.RecordRejected)]
    [InlineData("\"version\":3,", "", MillError.RecordRejected)]
    [InlineData("AAAA", "", MillError.RecordRejected)]
    [InlineData("}", "", MillError.RecordRejected)]
    [InlineData("\"B\":", "\"A\":", MillError.RecordRejected)]
    public void What_is_no_ledger_of_this_target_is_refused(string part, string instead, MillError error)
    {
        var text = TextOf(Sample);
        Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal(error, Assert.Throws<MillException>(() => Read(text.Replace(part, instead, StringComparison.Ordinal))).Error);
    }

    [Fact]
    public void A_target_in_other_letters_is_the_same() => Assert.Equal("acme/web", LedgerCodec.Read(Bytes(TextOf(Sample)), Scopes.Of("Acme/WEB")).Target);

    [Fact]
    public void A_fingerprint_says_nothing_without_the_key()
    {
        using var value = SecretValue.FromText("CANARY");
        var (one, other) = (Key.Fingerprint(value), new LedgerKey(Enumerable.Repeat((byte)1, LedgerKey.Length).ToArray()).Fingerprint(value));
        Assert.NotEqual(one, other);
        Assert.Equal(32, one.Length);
        // HMAC-SHA256 with a key of zeros, by another implementation.
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(new byte[32], "CANARY"u8))[..32], one);
        Assert.DoesNotContain("AAAA", $"{Sample} {Key}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, false)]
    [InlineData(null, 5, true)]
    [InlineData(5, 5, false)]
    [InlineData(5, 6, true)]
    [InlineData(5, null, false)]
    public void A_write_that_was_cut_off_is_taken_for_done_where_something_moved(int? before, int? now, bool isDone)
    {
        var ledger = Ledger.New(Target, Key).Intending([KeyValuePair.Create("C", new LedgerIntent("db/c", 2, "cc", At(before), Noon, "run"))]);
        var settled = ledger.Settled(now is null ? new Dictionary<string, RemoteSecret>() : new() { ["C"] = new("C", At(now)!.Value) });
        Assert.Empty(settled.Intents);
        Assert.Equal(isDone, settled.Secrets.ContainsKey("C"));
        if (isDone) Assert.Equal(new LedgerEntry("db/c", 2, "cc", At(now)!.Value, Noon) { IsUnconfirmed = true }, settled.Secrets["C"]);
    }

    [Fact]
    public void What_is_known_of_a_later_write_stays()
    {
        var later = new LedgerEntry("db/b", 4, "dd", Noon.AddHours(1), Noon);
        Assert.Equal(later, Sample.Wrote("B", later, "run").Wrote("B", new("db/b", 3, "aa", Noon, Noon), "run").Secrets["B"]);
    }

    [Fact]
    public void What_another_run_intends_or_has_written_since_is_not_taken_away()
    {
        Assert.True(Sample.Wrote("C", new("db/c", 2, "cc", Noon, Noon), "other").Intents.ContainsKey("C"));
        Assert.Empty(Sample.Wrote("C", new("db/c", 2, "cc", Noon, Noon), "run").Intents);
        Assert.True(Sample.Forgetting("B", Noon.AddSeconds(-1)).Secrets.ContainsKey("B"));
        Assert.False(Sample.Forgetting("B", Noon).Secrets.ContainsKey("B"));
    }

    [Fact]
    public void Of_two_writes_at_one_time_the_older_version_counts_so_that_the_newer_one_is_written_again()
    {
        var newer = new LedgerEntry("db/b", 4, "dd", Noon.AddHours(1), Noon);
        var older = newer with { Version = 3, Fingerprint = "aa" };
        foreach (var (first, second) in ((LedgerEntry, LedgerEntry)[])[(newer, older), (older, newer)])
            Assert.Equal(older with { IsUnconfirmed = true }, Sample.Wrote("B", first, "run").Wrote("B", second, "run").Secrets["B"]);
        var doubtful = newer with { IsUnconfirmed = true };
        Assert.Equal(newer, Sample.Wrote("B", doubtful, "run").Wrote("B", newer, "run").Secrets["B"]);
        Assert.Equal(newer, Sample.Wrote("B", newer, "run").Wrote("B", doubtful, "run").Secrets["B"]);
    }

    [Theory]
    [InlineData("Acme/Web", "mill-sync/ledger/repo/acme/web/actions")]
    [InlineData("acme/.github", "mill-sync/ledger/repo/acme/.2egithub/actions")]
    [InlineData("acme/web:dependabot", "mill-sync/ledger/repo/acme/web/dependabot")]
    [InlineData("acme/web@Prod", "mill-sync/ledger/repo/acme/web/env/prod")]
    [InlineData("acme/web@a/b .c", "mill-sync/ledger/repo/acme/web/env/a.2fb.20.2ec")]
    [InlineData("acme:codespaces", "mill-sync/ledger/org/acme/codespaces")]
    public void Each_target_has_a_place_of_its_own(string target, string name)
    {
        Assert.Equal(name, LedgerPlace.Of(Scopes.Of(target), GitHubOptions.DefaultAddress));
        Assert.True(SecretName.TryParse(name, out _));
        var elsewhere = LedgerPlace.Of(Scopes.Of(target), new("https://git.acme.example:8443/api/v3/"));
        Assert.Equal(name.Replace("ledger/", "ledger/at/git.2eacme.2eexample.3a8443/", StringComparison.Ordinal), elsewhere);
        Assert.True(SecretName.TryParse(elsewhere, out _));
    }

    [Fact]
    public void A_long_place_is_a_name_too()
    {
        var names = new[] { "é", "ü" }.Select(letter => LedgerPlace.Of(Scopes.Of("acme/web@" + string.Concat(Enumerable.Repeat(letter, 100))), GitHubOptions.DefaultAddress)).ToList();
        Assert.NotEqual(names[0], names[1]);
        Assert.All(names, name => Assert.True(SecretName.TryParse(name, out _)));
    }

    private static DateTimeOffset? At(int? minute) => minute is { } number ? Noon.AddMinutes(number) : null;

    private static SecretValue Bytes(string text) => SecretValue.FromText(text);

    private static Ledger Read(string text)
    {
        using var bytes = Bytes(text);
        return LedgerCodec.Read(bytes, Target);
    }

    private static string TextOf(Ledger ledger)
    {
        using var text = LedgerCodec.Write(ledger);
        return text.Reveal(Encoding.UTF8.GetString);
    }
}
