using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class PushTests : IAsyncLifetime
{
    private static readonly SecretScope Web = Scopes.Of("acme/web");

    private PushRig _rig = null!;

    public async Task InitializeAsync() => _rig = await PushRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task What_is_missing_is_written_and_an_unchanged_push_writes_nothing()
    {
        _rig.Vault.Set("db/password", "CANARY-1");
        _rig.Vault.Set("token", "CANARY-2");
        var target = PushRig.Target("acme/web", ("DB_PASSWORD", "db/password"), ("TOKEN", "token"));

        var first = await _rig.PushAsync(target);
        Assert.Equal(2, first.Count(PushOutcome.Done));
        Assert.Equal([new("DB_PASSWORD", "CANARY-1"), new("TOKEN", "CANARY-2")], _rig.GitHub.Values());
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
        Assert.All(_rig.Vault.LedgerOf(Web)!.Secrets.Values, entry => Assert.True(entry.IsConfirmed));

        var (writes, seen) = (_rig.Vault.LedgerWriteCount, _rig.GitHub.Seen.Count);
        var second = await _rig.PushAsync(target);
        Assert.Equal(2, second.Count(PushOutcome.Unchanged));
        Assert.Equal(writes, _rig.Vault.LedgerWriteCount);
        Assert.Equal(["GET /repos/acme/web/actions/secrets?per_page=100"], _rig.GitHub.Seen.Skip(seen));
    }

    [Fact]
    public async Task Only_what_changed_is_written()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.Set("b", "1");
        var target = PushRig.Target("acme/web", ("A", "a"), ("B", "b"));
        await _rig.PushAsync(target);
        _rig.Vault.Set("b", "2");
        _rig.Vault.Set("a", "1"); // a new version of the same
        var report = await _rig.PushAsync(target);
        Assert.Equal(["PUT A 1", "PUT B 1", "PUT B 2"], _rig.Changes());
        Assert.Equal((SyncState.InSync, SyncAction.Adopt), (report.Targets[0].Secrets[0].Step.State, report.Targets[0].Secrets[0].Step.Action));
        Assert.Equal(2, _rig.Vault.LedgerOf(Web)!.Secrets["A"].Version);
    }

    [Fact]
    public async Task A_dry_run_touches_nothing_and_says_what_would_be_done()
    {
        _rig.Vault.Set("a", "1");
        var report = await _rig.PushAsync(new PushOptions { Policy = new(null, null), IsDryRun = true }, PushRig.Target("acme/web", ("A", "a")));
        Assert.Equal(PushOutcome.Planned, Assert.Single(report.Targets[0].Secrets).Outcome);
        Assert.Empty(_rig.GitHub.Changes);
        Assert.Equal(0, _rig.Vault.LedgerWriteCount);
    }

    [Fact]
    public async Task What_others_wrote_stays_unless_it_is_to_be_overwritten()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.Set("b", "1");
        var target = PushRig.Target("acme/web", ("A", "a"), ("B", "b"));
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        _rig.GitHub.Write("them", "A", "theirs");
        _rig.GitHub.Write("them", "B", "theirs");
        _rig.Vault.Set("a", "2");

        var report = await _rig.PushAsync(target);
        Assert.Equal([SyncState.Tampered, SyncState.Foreign], report.Targets[0].Secrets.Select(secret => secret.Step.State));
        Assert.Equal(2, report.Count(PushOutcome.Left));
        Assert.Equal("theirs", _rig.GitHub.Values()["A"]);

        await _rig.PushAsync(PushRig.Rules(new() { Overwrites = true }), target);
        Assert.Equal([new("A", "2"), new("B", "1")], _rig.GitHub.Values());
    }

    [Fact]
    public async Task What_is_wanted_no_longer_is_pruned_once_that_was_confirmed()
    {
        foreach (var name in (string[])["a", "b", "c", "d"]) _rig.Vault.Set(name, "1");
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c"), ("D", "d")));
        _rig.GitHub.Write("them", "OTHER", "theirs");
        _rig.GitHub.Write("them", "B", "theirs");

        var target = PushRig.Target("acme/web", ("A", "a"), ("D", "d"));
        await _rig.PushAsync(target);
        var shown = await _rig.PushAsync(PushRig.Rules(new() { Prunes = true }), target);
        Assert.Equal([SyncState.InSync, SyncState.Orphan, SyncState.Orphan, SyncState.InSync], shown.Targets[0].Secrets.Select(secret => secret.Step.State));
        Assert.Equal(5, _rig.GitHub.Secrets.Count);

        await _rig.PushAsync(PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true }), target);
        Assert.Equal(["A", "B", "D", "OTHER"], _rig.GitHub.Values().Keys);

        await _rig.PushAsync(PushRig.Rules(new() { Prunes = true }), PushRig.Target("acme/web", ("A", "a"))); // the second needs no more words
        Assert.Equal(["A", "B", "OTHER"], _rig.GitHub.Values().Keys);
    }

    [Fact]
    public async Task What_the_policy_denies_is_not_even_read()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.Set("ssh", "1");
        _rig.Vault.Reads = name => Assert.Equal("a", name);
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("DEPLOY_SSH_KEY", "ssh"), ("GONE", "gone")));
        Assert.Equal([PushOutcome.Done, PushOutcome.Left, PushOutcome.Left], report.Targets[0].Secrets.Select(secret => secret.Outcome));
        Assert.Equal([SyncState.Missing, SyncState.Denied, SyncState.NoSource], report.Targets[0].Secrets.Select(secret => secret.Step.State));
    }

    [Fact]
    public async Task Bytes_arrive_as_they_are_and_odd_ones_are_told()
    {
        byte[] binary = [0, 255, 13, 10, 0xC3, 0x28];
        _rig.Vault.Set("a", "line\r\n");
        _rig.Vault.Set("b", "\uFEFFmark");
        _rig.Vault.Set("c", binary);
        _rig.Vault.Set("d", new byte[48 * 1024]);
        _rig.Vault.Set("e", new byte[(48 * 1024) + 1]);
        _rig.Vault.Set("f", "");
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("B", "b"), ("C", "c"), ("D", "d"), ("E", "e"), ("F", "f")));
        Assert.Equal(["The value ends with a line break.", "The value begins with a byte order mark.", null, null, null, null], report.Targets[0].Secrets.Select(secret => secret.Warning));
        Assert.Equal("line\r\n", _rig.GitHub.Values()["A"]);
        Assert.Equal("\uFEFFmark", _rig.GitHub.Values()["B"]);
        Assert.Equal(binary, _rig.GitHub.Secrets["C"].Value);
        Assert.Equal(48 * 1024, _rig.GitHub.Secrets["D"].Value.Length);
        Assert.Equal((PushOutcome.Failed, MillError.TooLarge), (report.Targets[0].Secrets[4].Outcome, report.Targets[0].Secrets[4].Failure?.Error));
        Assert.False(_rig.GitHub.Secrets.ContainsKey("E"));
        Assert.Empty(_rig.GitHub.Secrets["F"].Value);
    }

    [Fact]
    public async Task A_list_that_is_behind_makes_nothing_be_written_twice()
    {
        _rig.Vault.Set("a", "1");
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        _rig.GitHub.IsListed = _ => false;
        Assert.Equal(1, (await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Count(PushOutcome.Unchanged));
        Assert.Equal(["PUT A 1"], _rig.Changes());
    }

    [Fact]
    public async Task Progress_says_how_far_it_is()
    {
        _rig.Vault.Set("a", "1");
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")), PushRig.Target("acme/api", ("A", "a")));
        Assert.Equal(["1/2 acme/web", "1/2 acme/web A", "2/2 acme/api", "2/2 acme/api A"], _rig.Progress.Select(progress => $"{progress.Number}/{progress.Count} {progress.Target} {progress.Step?.Name}".TrimEnd()));
    }

    [Fact]
    public async Task No_value_is_in_anything_that_is_said_or_kept()
    {
        const string Canary = "CANARY-4f1d";
        _rig.Vault.Set("a", Canary);
        _rig.Vault.Set("b", Canary + new string('x', 50_000));
        var report = await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a"), ("B", "b")));
        var said = string.Join('\n', [.. report.Targets.SelectMany(target => target.Secrets).Select(secret => secret.ToString()), .. _rig.Progress.Select(progress => progress.ToString()), .. _rig.Vault.LedgerTexts, .. _rig.GitHub.Bodies, .. _rig.GitHub.Seen]);
        Assert.DoesNotContain(Canary, said, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(Canary))[..12], said, StringComparison.Ordinal);
        var plain = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(Canary)));
        Assert.DoesNotContain(plain[..32], said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_vault_is_listed_once_for_all_targets()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.Set("b", "1");
        SyncTarget[] targets = [.. Enumerable.Range(0, 5).Select(number => PushRig.Target($"acme/r{number}", ("A", "a"), ("B", "b")))];
        await _rig.PushAsync(targets);
        _rig.Vault.Lists.Clear();
        Assert.Equal(10, (await _rig.PushAsync(targets)).Count(PushOutcome.Unchanged));
        Assert.Equal([""], _rig.Vault.Lists);
    }

    [Fact]
    public async Task A_ledger_that_would_not_fit_into_the_vault_is_known_before_anything_is_written()
    {
        var names = Enumerable.Range(0, 450).Select(number => $"{new string('A', 240)}_{number:000}").ToList();
        foreach (var name in names) _rig.Vault.Set(name, "1");
        var report = await _rig.PushAsync(PushRig.Target("acme", [.. names.Select(name => (name, name))]));
        Assert.Equal(MillError.TooLarge, report.Targets[0].Failure?.Error);
        Assert.Empty(_rig.GitHub.Changes);
        Assert.Equal(0, _rig.Vault.LedgerWriteCount);
    }
}
