using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Xunit;

namespace Mill.Tests.Vault.Versions;

/// <summary>What does not fit into one commit is done in several.</summary>
public sealed class PortionTests
{
    private const int MaxWrites = 12;
    private const int Versions = 35;

    private readonly List<StoreTransaction> _commits = [];

    [Fact]
    public async Task A_destroy_of_more_versions_than_fit_is_done_in_several_commits_the_oldest_first()
    {
        await using var vault = await OpenAsync();
        _commits.Clear();
        await DestroyAsync(vault);
        Assert.Equal([11, 11, 11, 6], _commits.Select(commit => commit.Writes.Count)); // the head is one of them
        Assert.Equal("/mill/v1/secrets/default/a/1", _commits[0].Writes[0].Key);
        await AssertAllDestroyedAsync(vault);
    }

    [Fact]
    public async Task Large_versions_are_counted_in_bytes()
    {
        await using var vault = await TestVault.OpenAsync(store: new() { Limits = new(MaxWrites, 20_000), Fault = Keep });
        for (var i = 1; i <= 5; i++) await vault.SetAsync("a", $"{i}" + new string('x', 5_000));
        _commits.Clear();
        await DestroyAsync(vault);
        Assert.Equal([3, 3, 2], _commits.Select(commit => commit.Writes.Count));
        await AssertAllDestroyedAsync(vault);
    }

    [Fact]
    public async Task Chosen_versions_are_destroyed_in_portions_too_and_the_others_stay()
    {
        await using var vault = await OpenAsync();
        await DestroyAsync(vault, versions: [.. Enumerable.Range(1, Versions - 1)]);
        Assert.Equal($"{Versions}", await vault.ReadAsync("a"));
        Assert.Equal(Versions - 1, (await HistoryAsync(vault)).Versions.Count(version => version.State is VersionState.Destroyed));
    }

    [Fact]
    public async Task A_key_is_answered_from_memory_only_when_all_is_done()
    {
        await using var vault = await OpenAsync();
        Assert.False((await DestroyAsync(vault, "key")).Replayed);
        await AssertAllDestroyedAsync(vault);
        await vault.SetAsync("a", "later");
        Assert.True((await DestroyAsync(vault, "key")).Replayed);
        Assert.Equal("later", await vault.ReadAsync("a"));
    }

    [Fact]
    public async Task An_interrupted_destroy_says_so_and_the_same_request_goes_on()
    {
        await using var vault = await OpenAsync();
        vault.Store.Fault = _ => vault.StateAsync().Result.Find(Id)!.Versions[0].State is VersionState.Destroyed ? StoreFault.Full : null;
        var interrupted = await Assert.ThrowsAsync<MillException>(() => DestroyAsync(vault, "key"));
        Assert.Equal(MillError.StorageFull, interrupted.Error);
        Assert.Equal("Some of the versions are destroyed, the others not yet.", interrupted.Message);
        Assert.Equal($"{Versions}", await vault.ReadAsync("a"));
        // The key belongs to that request since its first part.
        vault.Store.Fault = null;
        var other = await Assert.ThrowsAsync<MillException>(() => vault.SetAsync("b", "1", key: "key"));
        Assert.Equal(MillError.IdempotencyMismatch, other.Error);
        Assert.False((await DestroyAsync(vault, "key")).Replayed);
        await AssertAllDestroyedAsync(vault);
    }

    [Fact]
    public async Task What_is_set_between_the_portions_is_destroyed_with_the_rest()
    {
        await using var vault = await OpenAsync();
        Task? set = null;
        // Waits behind the first portion, and so before the second.
        vault.Store.Fault = _ =>
        {
            set ??= vault.SetAsync("a", "meanwhile");
            return null;
        };
        await DestroyAsync(vault);
        await set!;
        Assert.Equal(Versions + 1, (await HistoryAsync(vault)).LastVersion);
        await AssertAllDestroyedAsync(vault);
    }

    [Fact]
    public async Task A_sweep_takes_what_fits_and_goes_on_until_nothing_is_due()
    {
        await using var vault = await OpenAsync();
        await RetainAsync(vault, new() { Tenant = TenantId.Default, MaxVersions = 2 });
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal([Versions - 1, Versions], (await HistoryAsync(vault)).Versions.Select(version => version.Version));
        Assert.Empty((await vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems);
    }

    [Fact]
    public async Task A_set_is_not_refused_for_what_its_retention_has_let_pile_up()
    {
        const int Many = 300;
        await using var vault = await TestVault.OpenAsync(store: new() { Limits = new(256, 1 << 20) });
        for (var i = 1; i <= Many; i++) await vault.SetAsync("a", $"{i}");
        await RetainAsync(vault, new() { Tenant = TenantId.Default, MaxVersions = 2 });
        Assert.Equal(Many + 1, (await vault.SetAsync("a", "last")).Version);
        Assert.InRange((await HistoryAsync(vault)).Versions.Count, 3, Many);
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal(2, (await HistoryAsync(vault)).Versions.Count);
    }

    [Fact]
    public async Task The_largest_transaction_fits_under_a_retention()
    {
        await using var vault = await TestVault.OpenAsync(store: new() { Limits = new(1024, 8 << 20) });
        await RetainAsync(vault, new() { Tenant = TenantId.Default, MaxVersions = 1 });
        for (var round = 0; round < 3; round++)
        {
            var values = Enumerable.Range(0, 256).Select(i => SecretValue.FromText($"{round}")).ToList();
            var operations = values.Select((value, i) => new TransactionOperation(SecretName.Parse($"s{i}"), value, ValueKind.Text, default)).ToList();
            await vault.Vault.TransactAsync(TestVault.Operator, new(operations), new("r", $"key-{round}"), default);
            values.ForEach(value => value.Dispose());
        }
        await vault.Housekeeping.SweepAsync(default);
        Assert.All((await vault.StateAsync()).Secrets(TenantId.Default).Histories, history => Assert.Equal(3, Assert.Single(history.Versions).Version));
    }

    private static SecretId Id { get; } = new(TenantId.Default, SecretName.Parse("a"));

    private async Task<TestVault> OpenAsync()
    {
        var vault = await TestVault.OpenAsync(store: new() { Limits = new(MaxWrites, 1 << 20), Fault = Keep });
        for (var i = 1; i <= Versions; i++) await vault.SetAsync("a", $"{i}");
        return vault;
    }

    private StoreFault? Keep(StoreTransaction transaction)
    {
        _commits.Add(transaction);
        return null;
    }

    private static Task<Committed<Done>> DestroyAsync(TestVault vault, string? key = null, IReadOnlyList<int>? versions = null) =>
        vault.Vault.DestroyAsync(TestVault.Operator, new(Id.Name, versions), new("r", key), default);

    private static Task<Committed<Done>> RetainAsync(TestVault vault, RetentionRecord retention) => vault.Vault.SetRetentionAsync(TestVault.Operator, retention, new("r"), default);

    private static async Task<SecretHistory> HistoryAsync(TestVault vault) => (await vault.StateAsync()).Find(Id)!;

    private static async Task AssertAllDestroyedAsync(TestVault vault)
    {
        var history = await HistoryAsync(vault);
        Assert.All(history.Versions, version => Assert.Equal((VersionState.Destroyed, null), (version.State, version.WrappedKey)));
        Assert.Empty((await vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems);
    }
}
