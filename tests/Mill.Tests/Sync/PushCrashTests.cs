using Mill.Core.Sync;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>Pushes that are cut off, at any point there is, and pushes that get in each other's way.</summary>
public sealed class PushCrashTests : IAsyncLifetime
{
    private static readonly SecretScope Web = Scopes.Of("acme/web");
    private static readonly SyncRules Prune = new() { Prunes = true, IsPruneConfirmed = true };

    private readonly HastyTime _time = new();
    private StubGitHub _gitHub = null!;

    public async Task InitializeAsync() => _gitHub = await StubGitHub.StartAsync(_time);

    public async Task DisposeAsync() => await _gitHub.DisposeAsync();

    [Fact]
    public async Task Cut_off_anywhere_the_next_push_repeats_no_write_and_comes_to_the_end()
    {
        var points = 0;
        for (var point = 0; ; point++)
        {
            var vault = new MemoryVault();
            _gitHub.Stores.Clear();
            foreach (var name in (string[])["keep", "change", "gone"]) vault.Set(name, name + "-1");
            var before = Target(("KEEP", "keep"), ("CHANGE", "change"), ("GONE", "gone"));
            await PushAsync(vault, before, new());
            vault.Set("change", "change-2");
            vault.Set("new", "new-1");
            vault.Set("newer", "newer-1");
            _gitHub.Changes.Clear();

            var target = Target(("KEEP", "keep"), ("CHANGE", "change"), ("NEW", "new"), ("NEWER", "newer"));
            var isCrashed = await CrashAsync(vault, target, Prune, point);
            await PushAsync(vault, target, Prune);
            var last = await PushAsync(vault, target, Prune);

            var writes = _gitHub.Changes.Where(change => change.Method is "PUT").Select(change => change.Name).Order(StringComparer.Ordinal);
            Assert.Equal(["CHANGE", "NEW", "NEWER"], writes);
            Assert.Equal([new("CHANGE", "change-2"), new("KEEP", "keep-1"), new("NEW", "new-1"), new("NEWER", "newer-1")], _gitHub.Values());
            Assert.Equal(4, last.Count(PushOutcome.Unchanged));
            Assert.Equal(last.Targets[0].Secrets.Count, last.Count(PushOutcome.Unchanged));
            var ledger = vault.LedgerOf(Web)!;
            Assert.Empty(ledger.Intents);
            Assert.Equal(["CHANGE", "KEEP", "NEW", "NEWER"], ledger.Secrets.Keys);
            Assert.InRange(ledger.Secrets.Values.Count(entry => entry.IsUnconfirmed), 0, 1);
            if (!isCrashed) break;
            points++;
        }
        Assert.InRange(points, 30, 200);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    public async Task Whatever_happens_in_whatever_order_nothing_of_others_is_lost_and_no_write_is_repeated(int seed)
    {
        for (var round = 0; round < 6; round++)
        {
            _gitHub.Stores.Clear();
            _gitHub.Changes.Clear();
            await RunHistoryAsync(new Random((seed * 1000) + round), $"seed {seed}, round {round}");
        }
    }

    [Fact]
    public async Task Two_pushes_with_ledgers_of_their_own_never_delete_each_others_secrets()
    {
        var (ours, theirs) = (new MemoryVault(), new MemoryVault());
        foreach (var name in (string[])["a", "b", "c"])
        {
            ours.Set(name, "ours");
            theirs.Set(name, "theirs");
        }
        await PushAsync(ours, Target(("A", "a"), ("B", "b")), Prune);
        await PushAsync(theirs, Target(("B", "b"), ("C", "c")), Prune, "them");
        await PushAsync(ours, Target(), Prune);
        Assert.Equal([new("C", "theirs")], _gitHub.Values());
        await PushAsync(theirs, Target(("B", "b")), Prune, "them");
        await PushAsync(ours, Target(("B", "b")), Prune);
        Assert.Equal([new("B", "theirs")], _gitHub.Values());
    }

    [Fact]
    public async Task What_another_wrote_while_a_push_was_cut_off_is_never_pruned()
    {
        for (var (point, isCrashed) = (0, true); isCrashed; point++)
        {
            var vault = new MemoryVault();
            _gitHub.Stores.Clear();
            vault.Set("a", "ours");
            isCrashed = await CrashAsync(vault, Target(("A", "a")), Prune, point);
            _gitHub.Write("them", "A", "theirs");
            await PushAsync(vault, Target(), Prune);
            await PushAsync(vault, Target(), Prune);
            Assert.Equal([new("A", "theirs")], _gitHub.Values());
        }
    }

    /// <summary>Random changes of the vault, of what is wanted, and of GitHub by others; pushes that end and pushes that are cut off. Then one that may overwrite, and all is as it should be.</summary>
    private async Task RunHistoryAsync(Random random, string where)
    {
        var vault = new MemoryVault();
        var wanted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string[] names = ["A", "B", "C", "D"];
        for (var i = 0; i < 25; i++)
        {
            var name = names[random.Next(names.Length)];
            switch (random.Next(10))
            {
                case 0 or 1: vault.Set(name, $"{name}-{i}"); break;
                case 2: vault.Set(name, vault.ValueOf(name) ?? "first"); break;
                case 3: if (random.Next(3) is 0) vault.Delete(name); break;
                case 4: wanted[name] = name; break;
                case 5: wanted.Remove(name); break;
                case 6: if (random.Next(2) is 0) _gitHub.Write("them", name, $"theirs-{i}"); else _gitHub.Delete("them", name); break;
                default:
                    var rules = new SyncRules { Overwrites = random.Next(4) is 0, Prunes = random.Next(2) is 0, IsPruneConfirmed = random.Next(2) is 0 };
                    await CheckedAsync(vault, rules, $"{where}, step {i}", async () =>
                    {
                        if (random.Next(2) is 0) await PushAsync(vault, Target(wanted), rules);
                        else await CrashAsync(vault, Target(wanted), rules, random.Next(25));
                    });
                    break;
            }
        }
        foreach (var name in names) vault.Set(name, $"{name}-end");
        var all = new SyncRules { Overwrites = true, Prunes = true, IsPruneConfirmed = true };
        await CheckedAsync(vault, all, where, () => PushAsync(vault, Target(wanted), all));
        var before = _gitHub.Changes.Count;
        var last = await PushAsync(vault, Target(wanted), all);
        Assert.True(before == _gitHub.Changes.Count, where);
        Assert.True(wanted.Count == last.Count(PushOutcome.Unchanged), where);
        foreach (var name in wanted.Keys) Assert.True(_gitHub.Values().GetValueOrDefault(name) == $"{name}-end", where);
        Assert.True(vault.LedgerOf(Web) is null or { Intents.Count: 0 }, where);
        var ours = vault.LedgerOf(Web)?.Secrets;
        // What is left and not wanted is another's, or perhaps so.
        foreach (var (name, secret) in _gitHub.Secrets) Assert.True(wanted.ContainsKey(name) || secret.Writer is "them" || (ours is not null && ours.TryGetValue(name, out var entry) && entry.IsUnconfirmed), where);
    }

    private async Task CheckedAsync(MemoryVault vault, SyncRules rules, string where, Func<Task> push)
    {
        // A write that was cut off may have been another's: that is as much as can be known.
        var doubtful = vault.LedgerOf(Web) is { } ledger ? ledger.Intents.Keys.Concat(ledger.Secrets.Where(entry => entry.Value.IsUnconfirmed).Select(entry => entry.Key)).ToHashSet() : [];
        var (there, count) = (_gitHub.Secrets.ToDictionary(), _gitHub.Changes.Count);
        await push();
        var changes = _gitHub.Changes.Skip(count).Where(change => change.Who is "us").ToList();
        foreach (var change in changes)
        {
            var writer = there.GetValueOrDefault(change.Name)?.Writer;
            if (change.Method is "DELETE") Assert.True(change.Value is "us", $"{where}: deleted {change.Name} of {change.Value}");
            else Assert.True(writer is null or "us" || rules.Overwrites || doubtful.Contains(change.Name), $"{where}: overwrote {change.Name} of {writer}");
        }
        Assert.True(changes.DistinctBy(change => change.Name).Count() == changes.Count, $"{where}: {string.Join(' ', changes)}");
        // The same value is written again only where somebody else had been there, or it was gone.
        var all = _gitHub.Changes.ToList();
        for (var i = 1; i < all.Count; i++)
        {
            if (all[i] is not { Who: "us", Method: "PUT" } written || written.Value is "first") continue;
            var earlier = all.FindLastIndex(i - 1, change => change.Name == written.Name);
            Assert.True(earlier < 0 || all[earlier] is not { Who: "us", Method: "PUT" } || all[earlier].Value != written.Value, $"{where}: wrote {written} twice");
        }
    }

    /// <summary>Ends a push at the given point: before or after a request, or a write to the ledger. False where it came to its end before.</summary>
    private async Task<bool> CrashAsync(MemoryVault vault, SyncTarget target, SyncRules rules, int point)
    {
        using var dead = new CancellationTokenSource();
        var passed = 0;
        _gitHub.Passes = (_, _) => !Crashes();
        vault.LedgerWrites = _ => ThrowIfDead(Crashes());
        vault.LedgerReads = _ => ThrowIfDead(dead.IsCancellationRequested);
        try
        {
            using var client = _gitHub.Connect();
            await new Push(client, vault, vault, new() { Policy = new(null, null), Rules = rules }).RunAsync([target], dead.Token);
        }
        catch (Exception e) when (e is Crash or OperationCanceledException)
        {
            // As meant.
        }
        finally
        {
            _gitHub.Passes = (_, _) => true;
            vault.LedgerWrites = _ => { };
            vault.LedgerReads = _ => { };
        }
        return dead.IsCancellationRequested;

        bool Crashes()
        {
            if (dead.IsCancellationRequested || Interlocked.Increment(ref passed) <= point) return dead.IsCancellationRequested;
            dead.Cancel();
            return true;
        }
    }

    private static void ThrowIfDead(bool isDead)
    {
        if (isDead) throw new Crash();
    }

    private async Task<PushReport> PushAsync(MemoryVault vault, SyncTarget target, SyncRules rules, string who = "us")
    {
        using var client = _gitHub.Connect(who);
        var report = await new Push(client, vault, vault, new() { Policy = new(null, null), Rules = rules }).RunAsync([target], CancellationToken.None);
        Assert.Null(report.Targets[0].Failure);
        Assert.Equal(0, report.Count(PushOutcome.Failed));
        return report;
    }

    private static SyncTarget Target(params (string Name, string Secret)[] secrets) => Target(secrets.ToDictionary(secret => secret.Name, secret => secret.Secret));

    private static SyncTarget Target(IReadOnlyDictionary<string, string> secrets) => new(Web, new Dictionary<string, string>(secrets), null);

    private sealed class Crash : Exception;
}
