using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Tests.Core.Backups;
using Mill.Vault;
using Xunit;

namespace Mill.Tests.Vault;

/// <summary>A backup and the master key, without a store: every version opens, or is named.</summary>
public sealed class RecordOpeningTests
{
    [Fact]
    public async Task Every_version_of_a_backup_opens_with_the_key()
    {
        await using var vault = await FilledAsync();
        var report = await CheckAsync(vault, await vault.StateAsync());
        Assert.Empty(report.Problems);
        Assert.Equal(3, report.Opened);
    }

    [Fact]
    public async Task A_version_of_another_place_or_time_is_named_even_where_every_sum_is_right()
    {
        await using var vault = await FilledAsync();
        var state = await vault.StateAsync();
        var current = state.Find(new(TenantId.Default, SecretName.Parse("a")))!.Current!;
        var other = state.Find(new(TenantId.Default, SecretName.Parse("b")))!.Current!;
        foreach (var changed in new[] { current with { CreatedBy = "mallory" }, current with { Ciphertext = other.Ciphertext, Nonce = other.Nonce }, current with { WrappedKey = other.WrappedKey } })
        {
            var report = await CheckAsync(vault, state.Apply([new(current.Key, changed)]));
            Assert.Equal(2, report.Opened);
            Assert.Contains("\"a\"", Assert.Single(report.Problems), StringComparison.Ordinal);
            Assert.DoesNotContain("canary", report.Problems[0], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Another_key_and_no_key_are_said_to_be_so()
    {
        await using var vault = await FilledAsync();
        var cluster = (await vault.StateAsync()).Cluster!;
        var other = Convert.ToBase64String(Enumerable.Range(100, 32).Select(i => (byte)i).ToArray());

        var refusal = Assert.Throws<MillException>(() => RecordOpening.With(new(other, null), cluster.Id, cluster.KeyId));
        Assert.Equal(MillError.VaultSealed, refusal.Error);
        Assert.Contains(cluster.KeyId, refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(other, refusal.ToString(), StringComparison.Ordinal);
        Assert.Equal(MillError.InvalidMasterKey, Assert.Throws<MillException>(() => RecordOpening.With(new(null, "/nonexistent/master.key"), cluster.Id, cluster.KeyId)).Error);
    }

    private static async Task<TestVault> FilledAsync()
    {
        var vault = await TestVault.OpenAsync();
        foreach (var name in new[] { "a", "a", "b" }) await vault.SetAsync(name, "canary", force: true);
        return vault;
    }

    private static async Task<BackupReport> CheckAsync(TestVault vault, ClusterState state)
    {
        var opening = RecordOpening.With(new(Sealing.KeyText(), null), state.Cluster!.Id, state.Cluster.KeyId);
        using var from = new MemoryStream();
        await StateBackup.Of(state with { CommitTime = (await vault.StateAsync()).CommitTime }, BackedUp.Origin).WriteAsync(from, default);
        from.Position = 0;
        return await BackedUp.CheckAsync(from, opening.Try);
    }
}
