using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.Pushing;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>GitHub makes a push wait, or loses its answers, and others go on meanwhile.</summary>
public sealed class PushWaitTests : IAsyncLifetime
{
    private static readonly SecretScope Web = Scopes.Of("acme/web");
    private static readonly PushOptions Prune = PushRig.Rules(new() { Prunes = true, IsPruneConfirmed = true });

    private PushRig _rig = null!;

    public async Task InitializeAsync() => _rig = await PushRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task What_others_write_while_a_write_has_to_wait_stays()
    {
        _rig.Vault.Set("a", "1");
        var target = PushRig.Target("acme/web", ("A", "a"));
        RefuseOnce("PUT", () => _rig.GitHub.Write("them", "A", "theirs"));
        var created = await _rig.PushAsync(target);
        Assert.Equal((SyncState.Foreign, PushOutcome.Left), Of(created));

        await _rig.PushAsync(PushRig.Rules(new() { Overwrites = true }), target);
        _rig.Vault.Set("a", "2");
        RefuseOnce("PUT", () => _rig.GitHub.Write("them", "A", "theirs again"));
        var updated = await _rig.PushAsync(target);
        Assert.Equal((SyncState.Tampered, PushOutcome.Left), Of(updated));
        Assert.Equal("theirs again", _rig.GitHub.Values()["A"]);
        Assert.Equal(["PUT A 1"], _rig.Changes());
        Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
    }

    [Fact]
    public async Task What_others_write_while_a_deletion_has_to_wait_stays()
    {
        _rig.Vault.Set("a", "1");
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        RefuseOnce("DELETE", () => _rig.GitHub.Write("them", "A", "theirs"));
        var report = await _rig.PushAsync(Prune, PushRig.Target("acme/web"));
        Assert.Equal((SyncState.Orphan, PushOutcome.Left), Of(report));
        Assert.Equal([new("A", "theirs")], _rig.GitHub.Values());
    }

    [Fact]
    public async Task A_refusal_alone_keeps_nothing_from_being_done()
    {
        _rig.Vault.Set("a", "1");
        RefuseOnce("PUT", () => { });
        Assert.Equal(1, (await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Count(PushOutcome.Done));
        RefuseOnce("DELETE", () => { });
        Assert.Equal(1, (await _rig.PushAsync(Prune, PushRig.Target("acme/web"))).Count(PushOutcome.Done));
        Assert.Equal(["PUT A 1", "DELETE A us"], _rig.Changes());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_deletion_whose_answer_was_lost_is_not_repeated_before_a_look(bool hasArrived, bool hasRival)
    {
        _rig.Vault.Set("a", "1");
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        LoseOnce("DELETE", hasArrived, () =>
        {
            if (hasRival) _rig.GitHub.Write("them", "A", "theirs");
        });
        var report = await _rig.PushAsync(Prune, PushRig.Target("acme/web"));
        Assert.Equal(hasRival ? PushOutcome.Left : PushOutcome.Done, Of(report).Outcome);
        Assert.Equal(hasRival ? ["A"] : [], _rig.GitHub.Values().Keys);
        Assert.DoesNotContain("DELETE A them", _rig.Changes());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_whose_answer_was_lost_is_looked_for_and_repeated_only_where_nothing_came(bool hasArrived)
    {
        _rig.Vault.Set("a", "1");
        LoseOnce("PUT", hasArrived, () => { });
        Assert.Equal(PushOutcome.Done, Of(await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Outcome);
        Assert.Equal(["PUT A 1"], _rig.Changes());
        // It could have been somebody else's.
        Assert.Equal(hasArrived, _rig.Vault.LedgerOf(Web)!.Secrets["A"].IsUnconfirmed);
    }

    [Fact]
    public async Task What_was_written_and_could_not_be_looked_at_is_not_forgotten()
    {
        _rig.Vault.Set("a", "1");
        var isWritten = false;
        _rig.GitHub.Refuses = request =>
        {
            if (request.Method is "GET" && isWritten) return 401;
            isWritten |= request.Method is "PUT";
            return null;
        };
        Assert.Equal(MillError.Unauthenticated, (await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))).Stopped?.Error);
        Assert.Single(_rig.Vault.LedgerOf(Web)!.Intents);
        _rig.GitHub.Refuses = _ => null;
        Assert.Equal((SyncState.InSync, PushOutcome.Unchanged), Of(await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))));
    }

    [Fact]
    public async Task A_rotation_that_another_push_brings_during_a_wait_is_not_undone()
    {
        _rig.Vault.Set("a", "1");
        _rig.Vault.Set("b", "1");
        var target = PushRig.Target("acme/web", ("A", "a"), ("B", "b"));
        RefuseOnce("PUT", () =>
        {
            _rig.Vault.Set("a", "2");
            _rig.PushAsync(target).Wait();
        });
        var report = await _rig.PushAsync(target);
        Assert.Equal([new("A", "2"), new("B", "1")], _rig.GitHub.Values());
        Assert.Equal(["PUT A 2", "PUT B 1"], _rig.Changes());
        Assert.Equal(2, report.Count(PushOutcome.Unchanged));
        AssertSettled(("A", 2), ("B", 1));
    }

    [Fact]
    public async Task A_rotation_that_another_push_brings_while_the_old_version_is_on_its_way_is_written_again()
    {
        _rig.Vault.Set("a", "1");
        var target = PushRig.Target("acme/web", ("A", "a"));
        var isFirst = true;
        _rig.GitHub.Passes = (request, isAfter) =>
        {
            if (isAfter || request.Method is not "PUT" || !isFirst) return true;
            isFirst = false;
            _rig.Vault.Set("a", "2");
            _rig.PushAsync(target).Wait();
            return true;
        };
        await _rig.PushAsync(target);
        Assert.Equal(["PUT A 2", "PUT A 1", "PUT A 2"], _rig.Changes());
        Assert.Equal([new("A", "2")], _rig.GitHub.Values());
        AssertSettled(("A", 2));
    }

    [Fact]
    public async Task A_version_that_is_old_after_a_wait_is_not_written()
    {
        _rig.Vault.Set("a", "1");
        RefuseOnce("PUT", () => _rig.Vault.Set("a", "2"));
        await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")));
        Assert.Equal(["PUT A 2"], _rig.Changes());
        AssertSettled(("A", 2));
    }

    [Fact]
    public async Task What_came_too_late_to_be_a_write_whose_answer_was_lost_is_anothers()
    {
        _rig.Vault.Set("a", "1");
        var isLost = false;
        LoseOnce("PUT", hasArrived: false, () => isLost = true);
        _rig.GitHub.Turns = (_, _) =>
        {
            if (!isLost) return Task.CompletedTask;
            isLost = false;
            _rig.Time.Advance(TimeSpan.FromSeconds(4));
            _rig.GitHub.Write("them", "A", "theirs");
            return Task.CompletedTask;
        };
        for (var pushes = 0; pushes < 2; pushes++)
        {
            Assert.Equal((SyncState.Foreign, PushOutcome.Left), Of(await _rig.PushAsync(PushRig.Target("acme/web", ("A", "a")))));
            Assert.Empty(_rig.Vault.LedgerOf(Web)!.Intents);
        }
        Assert.Equal([new("A", "theirs")], _rig.GitHub.Values());
    }

    [Theory]
    [InlineData(4, 0)]
    [InlineData(6, 1)]
    public async Task Whoever_had_to_wait_gives_a_sign_before_it_writes(int seconds, int signs)
    {
        _rig.Vault.Set("a", "1");
        var (before, after) = (0, 0);
        _rig.GitHub.Passes = (request, isAfter) =>
        {
            if (request.Method is "PUT" && !isAfter) after = _rig.Vault.LedgerWriteCount;
            return true;
        };
        await PushAsync(() =>
        {
            before = _rig.Vault.LedgerWriteCount;
            _rig.Time.Advance(TimeSpan.FromSeconds(seconds));
        });
        Assert.Equal(before + signs, after);
    }

    [Fact]
    public async Task Whoever_was_taken_over_in_a_wait_lets_the_other_go_on()
    {
        _rig.Vault.Set("a", "1");
        var (taken, written) = (DateTimeOffset.MaxValue, DateTimeOffset.MinValue);
        _rig.GitHub.Passes = (request, isAfter) =>
        {
            if (request.Method is "PUT" && !isAfter) written = _rig.Time.GetUtcNow();
            return true;
        };
        await PushAsync(() =>
        {
            if (taken != DateTimeOffset.MaxValue) return;
            _rig.Time.Advance(TimeSpan.FromSeconds(6));
            taken = _rig.Time.GetUtcNow();
            var intent = new LedgerIntent("a", 1, "ff", null, taken, "other");
            _rig.Vault.WriteAsync(Web, _rig.Vault.LedgerOf(Web)!.Intending([KeyValuePair.Create("A", intent)]), _rig.Vault.LedgerWriteCount, default).Wait();
        });
        Assert.True(written >= taken + new PushOptions { Policy = new(null, null) }.Grace, $"{written} {taken}");
        Assert.Equal(["PUT A 1"], _rig.Changes());
    }

    /// <param name="step">Called as a secret has its turn.</param>
    private async Task PushAsync(Action step)
    {
        using var client = _rig.GitHub.Connect();
        var options = PushRig.Rules(new()) with { Progress = progress => (progress.Step is null ? () => { } : step)() };
        await new Push(client, _rig.Vault, _rig.Vault, options).RunAsync([PushRig.Target("acme/web", ("A", "a"))], CancellationToken.None);
    }

    private static (SyncState State, PushOutcome Outcome) Of(PushReport report)
    {
        var secret = Assert.Single(report.Targets[0].Secrets);
        return (secret.Step.State, secret.Outcome);
    }

    private void AssertSettled(params (string Name, int Version)[] secrets)
    {
        var ledger = _rig.Vault.LedgerOf(Web)!;
        Assert.Empty(ledger.Intents);
        Assert.Equal(secrets, ledger.Secrets.Select(secret => (secret.Key, secret.Value.Version)));
    }

    /// <summary>The first such request is refused because of limits.</summary>
    private void RefuseOnce(string method, Action meanwhile)
    {
        var isFirst = true;
        _rig.GitHub.Refuses = request =>
        {
            if (request.Method != method || !isFirst) return null;
            isFirst = false;
            meanwhile();
            return 429;
        };
    }

    /// <summary>The answer to the first such request is lost.</summary>
    private void LoseOnce(string method, bool hasArrived, Action meanwhile)
    {
        var isFirst = true;
        _rig.GitHub.Passes = (request, isAfter) =>
        {
            if (isAfter != hasArrived || request.Method != method || !isFirst) return true;
            isFirst = false;
            meanwhile();
            return false;
        };
    }
}
