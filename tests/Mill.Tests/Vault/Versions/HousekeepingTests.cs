using Mill.Core.Model;
using Mill.Secrets;
using Mill.Tests.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Versions;

public sealed class HousekeepingTests
{
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    [Fact]
    public async Task An_idempotency_key_is_remembered_for_a_day_and_then_goes()
    {
        await using var vault = await TestVault.OpenAsync();
        await vault.SetAsync("a", "1", key: "key");
        vault.Time.Advance(Day - TimeSpan.FromSeconds(1));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal(1, (await vault.SetAsync("a", "1", key: "key")).Version);
        var mismatch = await Assert.ThrowsAsync<MillException>(() => vault.SetAsync("a", "2", key: "key"));
        Assert.Equal(MillError.IdempotencyMismatch, mismatch.Error);
        vault.Time.Advance(TimeSpan.FromSeconds(2));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Empty((await vault.StateAsync()).Idempotency);
        Assert.Equal(2, (await vault.SetAsync("a", "2", key: "key")).Version);
    }

    [Fact]
    public async Task A_key_that_is_used_anew_while_it_is_being_removed_stays()
    {
        await using var vault = await TestVault.OpenAsync();
        await vault.SetAsync("a", "1", key: "key");
        vault.Time.Advance(Day + TimeSpan.FromSeconds(1));

        // The sweep finds the old key, but its turn comes only after the new use of it: both wait behind a slow commit.
        using var arrived = new SemaphoreSlim(0);
        using var gate = new ManualResetEventSlim();
        vault.Store.Fault = _ =>
        {
            arrived.Release();
            gate.Wait();
            return null;
        };
        var first = vault.SetAsync("b", "1");
        await arrived.WaitAsync();
        var again = vault.SetAsync("a", "2", key: "key");
        var sweep = vault.Housekeeping.SweepAsync(default);
        gate.Set();
        await Task.WhenAll(first, again, sweep);
        Assert.Equal(2, (await vault.SetAsync("a", "2", key: "key")).Version);
        Assert.Single((await vault.StateAsync()).Idempotency);
    }

    [Fact]
    public async Task Versions_go_when_they_are_older_than_the_retention_says()
    {
        await using var vault = await TestVault.OpenAsync();
        foreach (var value in new[] { "1", "2", "3" }) await vault.SetAsync("a", value);
        await vault.Vault.SetRetentionAsync(TestVault.Operator, new() { Tenant = TenantId.Default, MaxAgeSeconds = 60 }, new("r"), default);
        vault.Time.Advance(TimeSpan.FromSeconds(59));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal(3, (await HistoryAsync(vault)).Versions.Count);
        vault.Time.Advance(TimeSpan.FromSeconds(2));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal("3", await vault.ReadAsync("a"));
        Assert.Equal([3], (await HistoryAsync(vault)).Versions.Select(version => version.Version));
        Assert.Equal(4, (await vault.SetAsync("a", "4")).Version);
        Assert.Empty((await vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems);
    }

    [Fact]
    public async Task Expired_tokens_go_a_week_later()
    {
        await using var vault = await TestVault.OpenAsync();
        await vault.Host.Tokens.CreateAsync(TestVault.Operator, new("ci", Role.Reader, [], [], TimeSpan.FromHours(1)), new("r"), default);
        await vault.Host.Tokens.CreateAsync(TestVault.Operator, new("ops", Role.Reader, [], [], null), new("r"), default);
        vault.Time.Advance(TimeSpan.FromDays(7));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal(2, (await vault.StateAsync()).Tokens.Count);
        vault.Time.Advance(TimeSpan.FromHours(2));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal("ops", Assert.Single((await vault.StateAsync()).Tokens.Values).Subject);
    }

    [Fact]
    public async Task Expired_join_tokens_go_a_week_later()
    {
        await using var cluster = await TestCluster.FoundAsync();
        await cluster.CreateTokenAsync(lasts: TimeSpan.FromHours(1));
        await cluster.CreateTokenAsync(lasts: TimeSpan.FromDays(2));
        cluster.Vault.Time.Advance(TimeSpan.FromDays(7));
        await cluster.Vault.Housekeeping.SweepAsync(default);
        Assert.Equal(2, (await cluster.Vault.StateAsync()).JoinTokens.Count);
        cluster.Vault.Time.Advance(TimeSpan.FromHours(2));
        await cluster.Vault.Housekeeping.SweepAsync(default);
        Assert.Single((await cluster.Vault.StateAsync()).JoinTokens);
    }

    [Fact]
    public async Task Nothing_due_means_nothing_written()
    {
        await using var vault = await TestVault.OpenAsync();
        await vault.SetAsync("a", "1", key: "key");
        var before = await vault.Store.GetRevisionAsync(default);
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal(before, await vault.Store.GetRevisionAsync(default));
    }

    private static async Task<SecretHistory> HistoryAsync(TestVault vault) => (await vault.StateAsync()).Find(new(TenantId.Default, SecretName.Parse("a")))!;
}
