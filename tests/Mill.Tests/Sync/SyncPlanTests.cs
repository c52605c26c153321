using Mill.Core.Sync;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SyncPlanTests
{
    private static readonly SecretScope Target = Scopes.Of("acme/web");
    private static readonly DateTimeOffset Noon = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly LedgerKey Key = new(new byte[LedgerKey.Length]);

    private static readonly SyncRules Plain = new();
    private static readonly SyncRules Overwrite = new() { Overwrites = true };
    private static readonly SyncRules Prune = new() { Prunes = true };
    private static readonly SyncRules PruneYes = new() { Prunes = true, IsPruneConfirmed = true };

    private static readonly SyncSource V1 = new("db/a", 1) { Fingerprint = "one" };
    private static readonly SyncSource V2 = new("db/a", 2) { Fingerprint = "two" };
    private static readonly LedgerEntry Ours = new("db/a", 1, "one", Noon, Noon);
    private static readonly LedgerEntry Perhaps = Ours with { IsUnconfirmed = true };
    private static readonly DateTimeOffset Later = Noon.AddMinutes(1);

    public static TheoryData<string, SyncSource?, DateTimeOffset?, LedgerEntry?, SyncRules, SyncState, SyncAction> Table => new()
    {
        { "nothing there", V1, null, null, Plain, SyncState.Missing, SyncAction.Create },
        { "somebody deleted it", V1, null, Ours, Plain, SyncState.Missing, SyncAction.Create },
        { "there, not ours", V1, Noon, null, Plain, SyncState.Foreign, SyncAction.None },
        { "there, not ours, overwritten", V1, Noon, null, Overwrite, SyncState.Foreign, SyncAction.Update },
        { "as it should be", V1, Noon, Ours, Plain, SyncState.InSync, SyncAction.None },
        { "as it should be, overwritten", V1, Noon, Ours, Overwrite, SyncState.InSync, SyncAction.None },
        { "as it should be, perhaps", V1, Noon, Perhaps, Plain, SyncState.InSync, SyncAction.None },
        { "a new version", V2, Noon, Ours, Plain, SyncState.Stale, SyncAction.Update },
        { "a new version, perhaps ours", V2, Noon, Perhaps, Plain, SyncState.Stale, SyncAction.Update },
        { "an older version", V1, Noon, Ours with { Version = 2, Fingerprint = "two" }, Plain, SyncState.Stale, SyncAction.Update },
        { "another secret", V2 with { Secret = "db/b" }, Noon, Ours, Plain, SyncState.Stale, SyncAction.Update },
        { "a new version, nobody looked", V2 with { Fingerprint = null }, Noon, Ours, Plain, SyncState.Stale, SyncAction.Update },
        { "a new version of the same", V2 with { Fingerprint = "one" }, Noon, Ours, Plain, SyncState.InSync, SyncAction.Adopt },
        { "somebody wrote it", V1, Later, Ours, Plain, SyncState.Tampered, SyncAction.None },
        { "somebody wrote it, and a new version", V2, Later, Ours, Plain, SyncState.Tampered, SyncAction.None },
        { "somebody wrote it, overwritten", V1, Later, Ours, Overwrite, SyncState.Tampered, SyncAction.Update },
        { "the clock of GitHub went back", V1, Noon.AddMinutes(-1), Ours, Plain, SyncState.Tampered, SyncAction.None },
        { "no source", new("db/a", null), Noon, Ours, PruneYes, SyncState.NoSource, SyncAction.None },
        { "no source, nothing there", new("db/a", null), null, null, Overwrite, SyncState.NoSource, SyncAction.None },
        { "an orphan", null, Noon, Ours, Plain, SyncState.Orphan, SyncAction.None },
        { "an orphan, first prune", null, Noon, Ours, Prune, SyncState.Orphan, SyncAction.None },
        { "an orphan, confirmed", null, Noon, Ours, PruneYes, SyncState.Orphan, SyncAction.Delete },
        { "an orphan that somebody wrote", null, Later, Ours, PruneYes with { Overwrites = true }, SyncState.Orphan, SyncAction.None },
        { "an orphan, perhaps ours", null, Noon, Perhaps, PruneYes with { Overwrites = true }, SyncState.Orphan, SyncAction.None },
        { "an orphan that is gone", null, null, Ours, Plain, SyncState.Orphan, SyncAction.Adopt },
        { "too large", V1 with { Refusal = new(MillError.TooLarge, "it is too large") }, null, null, Plain, SyncState.Missing, SyncAction.None },
        { "too large, and nothing to do", V1 with { Refusal = new(MillError.TooLarge, "it is too large") }, Noon, Ours, Plain, SyncState.InSync, SyncAction.None },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_state_has_its_action(string what, SyncSource? wanted, DateTimeOffset? remote, LedgerEntry? entry, SyncRules rules, SyncState state, SyncAction action)
    {
        var plan = PlanOf(wanted, remote, LedgerOf(entry), rules);
        var step = Assert.Single(plan.Steps);
        Assert.True((state, action) == (step.State, step.Action), $"{what}: {step}");
        Assert.Equal(remote, step.Before);
        Assert.Equal(action is SyncAction.Adopt, plan.IsLedgerChanged);
        Assert.Equal(wanted?.Refusal is { } refusal && state is SyncState.Missing ? refusal.Error : null, step.Error);
        Assert.NotEmpty(step.Reason);
    }

    [Fact]
    public void A_later_prune_needs_no_confirmation() =>
        Assert.Equal(SyncAction.Delete, Assert.Single(PlanOf(null, Noon, LedgerOf(Ours) with { HasPruned = true }, Prune).Steps).Action);

    [Fact]
    public void What_others_have_and_nobody_wants_is_not_looked_at() => Assert.Empty(PlanOf(null, Noon, LedgerOf(null), PruneYes with { Overwrites = true }).Steps);

    [Theory]
    [InlineData(null)]
    [InlineData(1)]
    public void What_is_denied_is_left_as_it_is(int? remote)
    {
        var policy = new SecretPolicy([new(false, ["A"], ["*"])], null);
        var plan = PlanOf(V2, remote is null ? null : Noon, LedgerOf(Ours), PruneYes with { Overwrites = true }, policy);
        var step = Assert.Single(plan.Steps);
        Assert.Equal((SyncState.Denied, SyncAction.None), (step.State, step.Action));
        Assert.Contains("rule 1", step.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_vault_has_for_provisioning_is_denied_under_any_name()
    {
        var step = Assert.Single(PlanOf(V1 with { Secret = "prod/kube-config" }, null, LedgerOf(null), Overwrite).Steps);
        Assert.Equal((SyncState.Denied, SyncAction.None), (step.State, step.Action));
        Assert.Contains("prod/kube-config", step.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_new_version_of_the_same_value_is_only_noted()
    {
        var plan = PlanOf(V2 with { Fingerprint = "one" }, Noon, LedgerOf(Ours), Plain);
        Assert.Equal(Ours with { Version = 2 }, plan.Ledger.Secrets["A"]);
        Assert.Empty(PlanOf(null, null, LedgerOf(Ours), Plain).Ledger.Secrets);
    }

    [Theory]
    [InlineData(null, null, SyncState.Missing, SyncAction.Create)] // it never came
    [InlineData(null, 1, SyncState.InSync, SyncAction.None)] // it came, or something did
    [InlineData(0, 0, SyncState.Stale, SyncAction.Update)]
    [InlineData(0, 1, SyncState.InSync, SyncAction.None)]
    [InlineData(0, null, SyncState.Missing, SyncAction.Create)]
    public void A_write_that_was_cut_off_is_settled_first(int? before, int? now, SyncState state, SyncAction action)
    {
        var ledger = LedgerOf(before is null ? null : Ours).Intending([KeyValuePair.Create("A", new LedgerIntent("db/a", 2, "two", before is null ? null : Noon, Noon, "run"))]);
        var plan = PlanOf(V2, now is { } minute ? Noon.AddMinutes(minute) : null, ledger, Plain);
        var step = Assert.Single(plan.Steps);
        Assert.Equal((state, action), (step.State, step.Action));
        Assert.True(plan.IsLedgerChanged);
        Assert.Empty(plan.Ledger.Intents);
        if (state is SyncState.InSync) Assert.Equal(SyncAction.None, Assert.Single(PlanOf(null, Noon.AddMinutes(now!.Value), plan.Ledger, PruneYes).Steps).Action);
    }

    private static SyncPlan PlanOf(SyncSource? wanted, DateTimeOffset? remote, Ledger ledger, SyncRules rules, SecretPolicy? policy = null) => SyncPlan.Of(
        Target, wanted is null ? new Dictionary<string, SyncSource>() : new() { ["A"] = wanted }, remote is { } at ? [new("A", at)] : [], ledger, policy ?? new(null, null), rules);

    private static Ledger LedgerOf(LedgerEntry? entry) => entry is null ? Ledger.New(Target, Key) : Ledger.New(Target, Key).Wrote("A", entry, "run");
}
