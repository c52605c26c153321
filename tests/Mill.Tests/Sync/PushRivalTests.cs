using Mill.Core.Sync;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Pushes that meet what others do at the same time.</summary>
public sealed class PushRivalTests : IAsyncLifetime
{
    private static readonly SecretScope Web = Scopes.Of("acme/web");

    private PushRig _rig = null!;

    public async Task InitializeAsync() => _rig = await PushRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task What_moves_right_before_it_is_deleted_or_written_stays()
    {
        foreach (var name in (string[])["a", "b", "c", "d", "e", "f", "g", "h"]) _rig.Vault.Set(name, "1");
        await _rig.PushAsync(PushRig.Target("acme/web", ("Z", "a")));
        var isFirst = true;
        _rig.GitHub.Passes = (request, isAfter) =>
        {
            if (!isAfter || request.Method is not "PUT" || !isFirst) return true;
            isFirst = false;
            _rig.GitHub.Write("them", "Z", "theirs");
            _rig.GitHub.Write("them", "H", "theirs");
            return true;
        };
        var target = PushRig.Target("acme/web", [.. "abcdefgh".Select(letter => (char.ToUpperInvariant(letter).ToString(), letter.ToString()))]);
        var report = await _rig.PushAsync(PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true }), target);
        Assert.Equal(["theirs", "theirs"], [_rig.GitHub.Values()["H"], _rig.GitHub.Values()["Z"]]);
        Assert.Equal([(SyncState.Foreign, PushOutcome.Left), (SyncState.Orphan, PushOutcome.Left)], report.Targets[0].Secrets.TakeLast(2).Select(secret => (secret.Step.State, secret.Outcome)));
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task Another_push_that_is_at_work_is_waited_for()
    {
        _rig.Vault.Set("a", "1");
        var target = PushRig.Target("acme/web", ("A", "a"));
        var ledger = Ledger.New(Web, new(new byte[LedgerKey.Length]));
        var version = await _rig.Vault.WriteAsync(Web, ledger.Intending([KeyValuePair.Create("A", new LedgerIntent("a", 1, "ff", null, _rig.Time.GetUtcNow(), "other"))]), null, default);
        var reads = 0;
        _rig.Vault.LedgerReads = _ =>
        {
            reads++;
            if (reads is 2 or 3) version = _rig.Vault.WriteAsync(Web, ledger.Intending([KeyValuePair.Create("A", new LedgerIntent("a", 1, "ff", null, _rig.Time.GetUtcNow(), "other"))]), version, default).Result;
            if (reads is not 4) return;
            _rig.GitHub.Write("other", "A", "1");
            _rig.Vault.WriteAsync(Web, ledger.Wrote("A", new("a", 1, "ff", _rig.GitHub.Secrets["A"].UpdatedAt, _rig.Time.GetUtcNow()), "other"), version, default).Wait();
        };
        var report = await _rig.PushAsync(target);
        Assert.Equal(4, reads);
        Assert.Equal(3, _rig.Progress.Count(progress => progress.IsWaiting));
        Assert.Equal(1, report.Count(PushOutcome.Unchanged));
    }

    [Fact]
    public async Task Pushes_with_one_ledger_at_the_same_time_come_to_one_end()
    {
        foreach (var letter in "abcdefgh") _rig.Vault.Set(letter.ToString(), letter + "-value");
        var target = PushRig.Target("acme/web", [.. "abcdefgh".Select(letter => (char.ToUpperInvariant(letter).ToString(), letter.ToString()))]);
        var reports = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => _rig.PushAsync(target))));
        Assert.All(reports, report => Assert.Equal(0, report.Count(PushOutcome.Failed)));
        Assert.All(reports, report => Assert.Null(report.Targets[0].Failure));
        Assert.Equal(8, _rig.GitHub.Secrets.Count);
        var before = _rig.GitHub.Changes.Count;
        Assert.Equal(8, (await _rig.PushAsync(target)).Count(PushOutcome.Unchanged));
        Assert.Equal(before, _rig.GitHub.Changes.Count);
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task Whoever_loses_the_ledger_again_and_again_waits_longer_each_time_and_gets_a_turn()
    {
        const int Losses = 20;
        _rig.Vault.Set("a", "1");
        var (lost, isRival) = (0, false);
        _rig.Vault.LedgerWrites = isAfter =>
        {
            if (isAfter || isRival || lost++ >= Losses) return;
            isRival = true;
            var stored = _rig.Vault.ReadAsync(Web, default).Result;
            _rig.Vault.WriteAsync(Web, stored?.Ledger ?? Ledger.New(Web, new(new byte[LedgerKey.Length])), stored?.Version, default).Wait();
            isRival = false;
        };
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        Assert.Equal((1, null), (report.Count(PushOutcome.Done), report.Targets[0].Failure));
        Assert.Equal([.. Enumerable.Range(0, 7).Select(doubled => 100 << doubled), .. Enumerable.Repeat(10_000, Losses - 7)], _rig.Time.Waits.Take(Losses).Select(wait => (int)wait.TotalMilliseconds));
    }

    [Fact]
    public async Task What_a_rival_writes_right_after_us_is_not_ours()
    {
        _rig.Vault.Set("a", "1");
        After("PUT", () => _rig.GitHub.Write("them", "A", "theirs"));
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        Assert.True(_rig.Vault.LedgerOf(Web)!.Secrets["A"].IsUnconfirmed);
        await _rig.PushAsync(PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true }), PushRig.Target("acme/web"));
        Assert.Equal([new("A", "theirs")], _rig.GitHub.Values());
    }

    [Fact]
    public async Task What_a_rival_certainly_wrote_after_us_is_theirs()
    {
        _rig.Vault.Set("a", "1");
        After("PUT", () =>
        {
            _rig.Time.Advance(TimeSpan.FromSeconds(2));
            _rig.GitHub.Write("them", "A", "theirs");
        });
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        Assert.Equal("Somebody else wrote it right after this.", report.Targets[0].Secrets[0].Warning);
        _rig.Vault.Set("a", "2");
        Assert.Equal(SyncState.Tampered, (await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Targets[0].Secrets[0].Step.State);
        Assert.Equal([new("A", "theirs")], _rig.GitHub.Values());
    }

    [Fact]
    public async Task Clocks_that_differ_make_nobody_a_rival()
    {
        _rig.GitHub.Lag = TimeSpan.FromSeconds(2);
        foreach (var value in (string[])["1", "2"])
        {
            _rig.Vault.Set("a", value);
            var pushed = (await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Targets[0].Secrets[0];
            Assert.Equal((PushOutcome.Done, null), (pushed.Outcome, pushed.Warning));
        }
        Assert.Equal(["PUT A 1", "PUT A 2"], _rig.Changes());
    }

    [Fact]
    public async Task What_a_rival_wrote_between_our_look_and_our_write_is_told()
    {
        _rig.Vault.Set("a", "1");
        Before("PUT", () => _rig.GitHub.Write("them", "A", "theirs"));
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        Assert.Contains("Somebody else wrote it in the same moment", report.Targets[0].Secrets[0].Warning, StringComparison.Ordinal);
        Assert.True(_rig.Vault.LedgerOf(Web)!.Secrets["A"].IsUnconfirmed);
    }

    [Fact]
    public async Task A_write_in_the_second_of_anothers_waits_until_it_is_over()
    {
        _rig.Vault.Set("a", "1");
        _rig.GitHub.WriteNow("them", "A", "theirs");
        var before = _rig.GitHub.Secrets["A"].UpdatedAt;
        var report = await _rig.PushAsync(PushRig.Rules(new() { Overwrites = true }), PushRig.Target("acme/web", ("A", "a")));
        Assert.Equal(1, report.Count(PushOutcome.Done));
        Assert.Equal("1", _rig.GitHub.Values()["A"]);
        Assert.True(_rig.GitHub.Secrets["A"].UpdatedAt > before);
        Assert.True(_rig.Vault.LedgerOf(Web)!.Secrets["A"].IsConfirmed);
    }

    private void Before(string method, Action rival) => Once(method, isLate: false, rival);

    private void After(string method, Action rival) => Once(method, isLate: true, rival);

    private void Once(string method, bool isLate, Action rival)
    {
        var isFirst = true;
        _rig.GitHub.Passes = (request, isAfter) =>
        {
            if (isAfter != isLate || request.Method != method || !isFirst) return true;
            isFirst = false;
            rival();
            return true;
        };
    }
}
