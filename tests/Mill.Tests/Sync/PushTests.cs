using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class PushTests : IAsyncLifetime
{
    private static readonly SecretScope Web = Scopes.Of("acme/web");

    private readonly HastyTime _time = new();
    private readonly MemoryVault _vault = new();
    private readonly List<PushProgress> _progress = [];
    private StubGitHub _gitHub = null!;

    public async Task InitializeAsync() => _gitHub = await StubGitHub.StartAsync(_time);

    public async Task DisposeAsync() => await _gitHub.DisposeAsync();

    [Fact]
    public async Task What_is_missing_is_written_and_an_unchanged_push_writes_nothing()
    {
        _vault.Set("db/password", "CANARY-1");
        _vault.Set("token", "CANARY-2");
        var target = Target("acme/web", ("DB_PASSWORD", "db/password"), ("TOKEN", "token"));

        var first = await PushAsync(target);
        Assert.Equal(2, first.Count(PushOutcome.Done));
        Assert.Equal([new("DB_PASSWORD", "CANARY-1"), new("TOKEN", "CANARY-2")], _gitHub.Values());
        Assert.Empty(_vault.LedgerOf(Web)!.Intents);
        Assert.All(_vault.LedgerOf(Web)!.Secrets.Values, entry => Assert.True(entry.IsConfirmed));

        var (writes, seen) = (_vault.LedgerWriteCount, _gitHub.Seen.Count);
        var second = await PushAsync(target);
        Assert.Equal(2, second.Count(PushOutcome.Unchanged));
        Assert.Equal(writes, _vault.LedgerWriteCount);
        Assert.Equal(["GET /repos/acme/web/actions/secrets?per_page=100"], _gitHub.Seen.Skip(seen));
    }

    [Fact]
    public async Task Only_what_changed_is_written()
    {
        _vault.Set("a", "1");
        _vault.Set("b", "1");
        var target = Target("acme/web", ("A", "a"), ("B", "b"));
        await PushAsync(target);
        _vault.Set("b", "2");
        _vault.Set("a", "1"); // a new version of the same
        var report = await PushAsync(target);
        Assert.Equal(["PUT A 1", "PUT B 1", "PUT B 2"], Changes());
        Assert.Equal((SyncState.InSync, SyncAction.Adopt), (report.Targets[0].Secrets[0].Step.State, report.Targets[0].Secrets[0].Step.Action));
        Assert.Equal(2, _vault.LedgerOf(Web)!.Secrets["A"].Version);
    }

    [Fact]
    public async Task A_dry_run_touches_nothing_and_says_what_would_be_done()
    {
        _vault.Set("a", "1");
        var report = await PushAsync(new PushOptions { Policy = new(null, null), IsDryRun = true }, Target("acme/web", ("A", "a")));
        Assert.Equal(PushOutcome.Planned, Assert.Single(report.Targets[0].Secrets).Outcome);
        Assert.Empty(_gitHub.Changes);
        Assert.Equal(0, _vault.LedgerWriteCount);
    }

    [Fact]
    public async Task What_others_wrote_stays_unless_it_is_to_be_overwritten()
    {
        _vault.Set("a", "1");
        _vault.Set("b", "1");
        var target = Target("acme/web", ("A", "a"), ("B", "b"));
        await PushAsync(Target("acme/web", ("A", "a")));
        _gitHub.Write("them", "A", "theirs");
        _gitHub.Write("them", "B", "theirs");
        _vault.Set("a", "2");

        var report = await PushAsync(target);
        Assert.Equal([SyncState.Tampered, SyncState.Foreign], report.Targets[0].Secrets.Select(secret => secret.Step.State));
        Assert.Equal(2, report.Count(PushOutcome.Left));
        Assert.Equal("theirs", _gitHub.Values()["A"]);

        await PushAsync(Rules(new() { Overwrites = true }), target);
        Assert.Equal([new("A", "2"), new("B", "1")], _gitHub.Values());
    }

    [Fact]
    public async Task What_is_wanted_no_longer_is_pruned_once_that_was_confirmed()
    {
        foreach (var name in (string[])["a", "b", "c", "d"]) _vault.Set(name, "1");
        await PushAsync(Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c"), ("D", "d")));
        _gitHub.Write("them", "OTHER", "theirs");
        _gitHub.Write("them", "B", "theirs");

        var target = Target("acme/web", ("A", "a"), ("D", "d"));
        await PushAsync(target);
        var shown = await PushAsync(Rules(new() { Prunes = true }), target);
        Assert.Equal([SyncState.InSync, SyncState.Orphan, SyncState.Orphan, SyncState.InSync], shown.Targets[0].Secrets.Select(secret => secret.Step.State));
        Assert.Equal(5, _gitHub.Secrets.Count);

        await PushAsync(Rules(new() { Prunes = true, IsPruneConfirmed = true }), target);
        Assert.Equal(["A", "B", "D", "OTHER"], _gitHub.Values().Keys);

        await PushAsync(Rules(new() { Prunes = true }), Target("acme/web", ("A", "a"))); // the second needs no more words
        Assert.Equal(["A", "B", "OTHER"], _gitHub.Values().Keys);
    }

    [Fact]
    public async Task What_moves_right_before_it_is_deleted_or_written_stays()
    {
        foreach (var name in (string[])["a", "b", "c", "d", "e", "f", "g", "h"]) _vault.Set(name, "1");
        await PushAsync(Target("acme/web", ("Z", "a")));
        var isFirst = true;
        _gitHub.Passes = (request, isAfter) =>
        {
            if (!isAfter || request.Method is not "PUT" || !isFirst) return true;
            isFirst = false;
            _gitHub.Write("them", "Z", "theirs");
            _gitHub.Write("them", "H", "theirs");
            return true;
        };
        var target = Target("acme/web", [.. "abcdefgh".Select(letter => (char.ToUpperInvariant(letter).ToString(), letter.ToString()))]);
        var report = await PushAsync(Rules(new() { Prunes = true, IsPruneConfirmed = true }), target);
        Assert.Equal(["theirs", "theirs"], [_gitHub.Values()["H"], _gitHub.Values()["Z"]]);
        Assert.Equal([(SyncState.Foreign, PushOutcome.Left), (SyncState.Orphan, PushOutcome.Left)], report.Targets[0].Secrets.TakeLast(2).Select(secret => (secret.Step.State, secret.Outcome)));
        Assert.Empty(_vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task What_the_policy_denies_is_not_even_read()
    {
        _vault.Set("a", "1");
        _vault.Set("ssh", "1");
        _vault.Reads = name => Assert.Equal("a", name);
        var report = await PushAsync(Target("acme/web", ("A", "a"), ("DEPLOY_SSH_KEY", "ssh"), ("GONE", "gone")));
        Assert.Equal([PushOutcome.Done, PushOutcome.Left, PushOutcome.Left], report.Targets[0].Secrets.Select(secret => secret.Outcome));
        Assert.Equal([SyncState.Missing, SyncState.Denied, SyncState.NoSource], report.Targets[0].Secrets.Select(secret => secret.Step.State));
    }

    [Fact]
    public async Task Bytes_arrive_as_they_are_and_odd_ones_are_told()
    {
        byte[] binary = [0, 255, 13, 10, 0xC3, 0x28];
        _vault.Set("a", "line\r\n");
        _vault.Set("b", "\uFEFFmark");
        _vault.Set("c", binary);
        _vault.Set("d", new byte[48 * 1024]);
        _vault.Set("e", new byte[(48 * 1024) + 1]);
        _vault.Set("f", "");
        var report = await PushAsync(Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c"), ("D", "d"), ("E", "e"), ("F", "f")));
        Assert.Equal(["The value ends with a line break.", "The value begins with a byte order mark.", null, null, null, null], report.Targets[0].Secrets.Select(secret => secret.Warning));
        Assert.Equal("line\r\n", _gitHub.Values()["A"]);
        Assert.Equal("\uFEFFmark", _gitHub.Values()["B"]);
        Assert.Equal(binary, _gitHub.Secrets["C"].Value);
        Assert.Equal(48 * 1024, _gitHub.Secrets["D"].Value.Length);
        Assert.Equal((PushOutcome.Failed, MillError.TooLarge), (report.Targets[0].Secrets[4].Outcome, report.Targets[0].Secrets[4].Failure?.Error));
        Assert.False(_gitHub.Secrets.ContainsKey("E"));
        Assert.Empty(_gitHub.Secrets["F"].Value);
    }

    [Fact]
    public async Task One_secret_or_target_that_fails_does_not_keep_the_others()
    {
        foreach (var name in (string[])["a", "b", "c"]) _vault.Set(name, "1");
        _gitHub.Refuses = request => request.Path.Value switch
        {
            { } path when request.Method is "PUT" && path.EndsWith("/B", StringComparison.Ordinal) => 422,
            "/repos/acme/gone/actions/secrets" => 404,
            _ => null,
        };
        var report = await PushAsync(Target("acme/gone", ("A", "a")), Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c")));
        Assert.Equal(MillError.NotFound, report.Targets[0].Failure?.Error);
        Assert.Equal([PushOutcome.Done, PushOutcome.Failed, PushOutcome.Done], report.Targets[1].Secrets.Select(secret => secret.Outcome));
        Assert.Null(report.Stopped);
        Assert.Empty(_vault.LedgerOf(Web)!.Intents);
        _gitHub.Refuses = _ => null;
        await PushAsync(Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c")));
        Assert.Equal(["PUT A 1", "PUT C 1", "PUT B 1"], Changes());
    }

    [Fact]
    public async Task A_token_that_is_refused_ends_it_and_says_what_is_left()
    {
        foreach (var name in (string[])["a", "b", "c"]) _vault.Set(name, "1");
        _gitHub.Refuses = request => request.Method is "PUT" && request.Path.Value!.EndsWith("/B", StringComparison.Ordinal) ? 401 : null;
        var report = await PushAsync(Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c")), Target("acme/api", ("A", "a")));
        Assert.Equal(MillError.Unauthenticated, report.Stopped?.Error);
        Assert.Equal([PushOutcome.Done, PushOutcome.Failed, PushOutcome.NotReached], report.Targets[0].Secrets.Select(secret => secret.Outcome));
        Assert.False(report.Targets[1].IsReached);
        Assert.DoesNotContain(_gitHub.Seen, request => request.Contains("acme/api", StringComparison.Ordinal));
        Assert.Empty(_vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task Limits_that_last_too_long_end_it()
    {
        _vault.Set("a", "1");
        _gitHub.Refuses = request => request.Method is "PUT" ? 429 : null;
        var report = await PushAsync(Target("acme/web", ("A", "a")), Target("acme/api", ("A", "a")));
        Assert.Equal(MillError.RateLimited, report.Stopped?.Error);
        Assert.False(report.Targets[1].IsReached);
        Assert.Empty(_vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task That_the_vault_refuses_us_does_not_end_what_can_go_on()
    {
        _vault.Set("a", "1");
        _vault.LedgerReads = target =>
        {
            if (target == Web) throw new MillException(MillError.Unauthenticated, "no");
        };
        var report = await PushAsync(Target("acme/web", ("A", "a")), Target("acme/api", ("A", "a")));
        Assert.Equal(MillError.Unauthenticated, report.Targets[0].Failure?.Error);
        Assert.Null(report.Stopped);
        Assert.Equal(1, report.Count(PushOutcome.Done));
    }

    [Fact]
    public async Task A_value_that_the_vault_does_not_give_is_a_matter_of_that_one()
    {
        _vault.Set("a", "1");
        _vault.Set("b", "1");
        _vault.Reads = name =>
        {
            if (name is "a") throw new MillException(MillError.Forbidden, "You may not.");
        };
        var report = await PushAsync(Target("acme/web", ("A", "a"), ("B", "b")));
        Assert.Equal([MillError.Forbidden, null], report.Targets[0].Secrets.Select(secret => secret.Failure?.Error));
        Assert.Equal(["B"], _gitHub.Values().Keys);
    }

    [Fact]
    public async Task What_GitHub_took_and_does_not_show_is_an_error_and_is_written_again_later()
    {
        _vault.Set("a", "1");
        _gitHub.Refuses = request => request.Method is "PUT" ? 204 : null;
        var report = await PushAsync(Target("acme/web", ("A", "a")));
        Assert.Equal((PushOutcome.Failed, MillError.OutcomeUnknown), (report.Targets[0].Secrets[0].Outcome, report.Targets[0].Secrets[0].Failure?.Error));
        Assert.Single(_vault.LedgerOf(Web)!.Intents);
        _gitHub.Refuses = _ => null;
        Assert.Equal(1, (await PushAsync(Target("acme/web", ("A", "a")))).Count(PushOutcome.Done));
        Assert.Equal(["PUT A 1"], Changes());
    }

    [Fact]
    public async Task A_list_that_is_behind_makes_nothing_be_written_twice()
    {
        _vault.Set("a", "1");
        await PushAsync(Target("acme/web", ("A", "a")));
        _gitHub.IsListed = _ => false;
        Assert.Equal(1, (await PushAsync(Target("acme/web", ("A", "a")))).Count(PushOutcome.Unchanged));
        Assert.Equal(["PUT A 1"], Changes());
    }

    [Fact]
    public async Task Another_push_that_is_at_work_is_waited_for()
    {
        _vault.Set("a", "1");
        var target = Target("acme/web", ("A", "a"));
        var ledger = Ledger.New(Web, new(new byte[LedgerKey.Length]));
        var version = await _vault.WriteAsync(Web, ledger.Intending([KeyValuePair.Create("A", new LedgerIntent("a", 1, "ff", null, _time.GetUtcNow(), "other"))]), null, default);
        var reads = 0;
        _vault.LedgerReads = _ =>
        {
            reads++;
            if (reads is 2 or 3) version = _vault.WriteAsync(Web, ledger.Intending([KeyValuePair.Create("A", new LedgerIntent("a", 1, "ff", null, _time.GetUtcNow(), "other"))]), version, default).Result;
            if (reads is not 4) return;
            _gitHub.Write("other", "A", "1");
            _vault.WriteAsync(Web, ledger.Wrote("A", new("a", 1, "ff", _gitHub.Secrets["A"].UpdatedAt, _time.GetUtcNow())), version, default).Wait();
        };
        var report = await PushAsync(target);
        Assert.Equal(4, reads);
        Assert.Equal(3, _progress.Count(progress => progress.IsWaiting));
        Assert.Equal(1, report.Count(PushOutcome.Unchanged));
    }

    [Fact]
    public async Task Pushes_with_one_ledger_at_the_same_time_come_to_one_end()
    {
        foreach (var letter in "abcdefgh") _vault.Set(letter.ToString(), letter + "-value");
        var target = Target("acme/web", [.. "abcdefgh".Select(letter => (char.ToUpperInvariant(letter).ToString(), letter.ToString()))]);
        var reports = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => PushAsync(target))));
        Assert.All(reports, report => Assert.Equal(0, report.Count(PushOutcome.Failed)));
        Assert.All(reports, report => Assert.Null(report.Targets[0].Failure));
        Assert.Equal(8, _gitHub.Secrets.Count);
        var before = _gitHub.Changes.Count;
        Assert.Equal(8, (await PushAsync(target)).Count(PushOutcome.Unchanged));
        Assert.Equal(before, _gitHub.Changes.Count);
        Assert.Empty(_vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task Writes_of_the_last_hour_count()
    {
        _vault.Set("a", "1");
        _vault.Set("b", "1");
        await PushAsync(Target("acme/web", ("A", "a"), ("B", "b")));
        SecretScope[] targets = [Web, Web, Scopes.Of("acme/api")];
        Assert.Equal(2, (await EarlierWrites.ReadAsync(_vault, targets, _time, default)).Count);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(await EarlierWrites.ReadAsync(_vault, targets, _time, default));
    }

    [Fact]
    public async Task Progress_says_how_far_it_is()
    {
        _vault.Set("a", "1");
        await PushAsync(Target("acme/web", ("A", "a")), Target("acme/api", ("A", "a")));
        Assert.Equal(["1/2 acme/web", "1/2 acme/web A", "2/2 acme/api", "2/2 acme/api A"], _progress.Select(progress => $"{progress.Number}/{progress.Count} {progress.Target} {progress.Step?.Name}".TrimEnd()));
    }

    [Fact]
    public async Task No_value_is_in_anything_that_is_said_or_kept()
    {
        const string Canary = "CANARY-4f1d";
        _vault.Set("a", Canary);
        _vault.Set("b", Canary + new string('x', 50_000));
        var report = await PushAsync(Target("acme/web", ("A", "a"), ("B", "b")));
        var said = string.Join('\n', [.. report.Targets.SelectMany(target => target.Secrets).Select(secret => secret.ToString()), .. _progress.Select(progress => progress.ToString()), .. _vault.LedgerTexts, .. _gitHub.Bodies, .. _gitHub.Seen]);
        Assert.DoesNotContain(Canary, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary))[..12], said, StringComparison.Ordinal);
        var plain = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Canary)));
        Assert.DoesNotContain(plain[..32], said, StringComparison.Ordinal);
    }

    private static SyncTarget Target(string scope, params (string Name, string Secret)[] secrets) => new(Scopes.Of(scope), secrets.ToDictionary(secret => secret.Name, secret => secret.Secret), null);

    private static PushOptions Rules(SyncRules rules) => new() { Policy = new(null, null), Rules = rules };

    private Task<PushReport> PushAsync(params SyncTarget[] targets) => PushAsync(Rules(new()), targets);

    private async Task<PushReport> PushAsync(PushOptions options, params SyncTarget[] targets)
    {
        using var client = _gitHub.Connect();
        return await new Push(client, _vault, _vault, options with { Progress = Tell }).RunAsync(targets, CancellationToken.None);
    }

    private void Tell(PushProgress progress)
    {
        lock (_progress) _progress.Add(progress);
    }

    private List<string> Changes() => [.. _gitHub.Changes.Where(change => change.Who is "us").Select(change => $"{change.Method} {change.Name} {change.Value}")];
}
