using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.State.Commits;
using Mill.Tests.Vault.Members;
using Mill.Vault;
using Xunit;

namespace Mill.Tests.Vault.Versions;

/// <summary>Whoever can write to the store can break it, but not unnoticed.</summary>
public sealed class StoreCheckTests
{
    private static readonly SecretName Name = SecretName.Parse("a");

    [Fact]
    public async Task A_sound_store_has_no_problem_and_everything_is_counted()
    {
        await using var vault = await FilledAsync();
        var report = await vault.Vault.VerifyAsync(TestVault.Operator, default);
        Assert.Equal((2, 5, 4, 1), (report.Secrets, report.Versions, report.Opened, report.Destroyed));
        Assert.Empty(report.Problems);
    }

    public static TheoryData<string> Tamperings => [.. Tampered.Keys];

    [Theory]
    [MemberData(nameof(Tamperings))]
    public async Task Tampering_is_found(string tampering)
    {
        await using var vault = await FilledAsync();
        await vault.Store.CommitAsync(new([], [.. Tampered[tampering](await vault.StateAsync())]), default);
        var report = await vault.Vault.VerifyAsync(TestVault.Operator, default);
        Assert.NotEmpty(report.Problems);
        Assert.DoesNotContain(report.Problems, problem => problem.Contains("value", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_authority_that_does_not_open_is_found()
    {
        await using var cluster = await TestCluster.FoundAsync();
        Assert.Empty((await cluster.Vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems);
        var record = (await cluster.Vault.StateAsync()).Authority!;
        await using var other = await TestCluster.FoundAsync();
        var foreign = (await other.Vault.StateAsync()).Authority!;
        foreach (var changed in new[] { record with { Certificate = foreign.Certificate }, record with { SealedKey = foreign.SealedKey } })
        {
            await cluster.Vault.Store.CommitAsync(new([], [new(new AuthorityKey().ToString(), RecordCodec.Encode(changed))]), default);
            Assert.Single((await cluster.Vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems);
        }
    }

    [Fact]
    public async Task Every_problem_is_named_not_only_the_first()
    {
        await using var vault = await FilledAsync();
        foreach (var value in new[] { "value 1", "value 2" })
        {
            await vault.SetAsync("c", value);
            await vault.SetAsync("d", value);
        }
        var state = await vault.StateAsync();
        var changed = Version(state, 1, "d") with { Ciphertext = Version(state, 2, "d").Ciphertext };
        await vault.Store.CommitAsync(new([], [new(Version(state, 2).Key.ToString(), null), new(Version(state, 1, "c").Key.ToString(), null), Write(changed)]), default);
        var problems = (await vault.Vault.VerifyAsync(TestVault.Operator, default)).Problems;
        Assert.Contains(problems, problem => problem.Contains("\"a\"", StringComparison.Ordinal) && problem.Contains("version 2 is missing", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("\"c\"", StringComparison.Ordinal) && problem.Contains("version 1 is missing", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("\"d\"", StringComparison.Ordinal) && problem.Contains("ersion 1", StringComparison.Ordinal));
        Assert.DoesNotContain(problems, problem => problem.Contains("\"b\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_one_check_runs_at_a_time_however_it_ends()
    {
        await using var store = new SlowStore();
        await using var vault = await TestVault.OpenAsync(store: store.Inner);
        var checking = new SecretsVault(vault.State, store, vault.Ring);
        var goOn = new TaskCompletionSource();
        store.MayRead = goOn.Task;
        var first = checking.VerifyAsync(TestVault.Operator, default);
        var second = checking.VerifyAsync(TestVault.Operator, default).WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal(MillError.RateLimited, (await Assert.ThrowsAsync<MillException>(() => second)).Error);
        Assert.False(first.IsCompleted);
        goOn.SetResult();
        Assert.Empty((await first).Problems);

        store.ReadFailure = () => new MillException(MillError.StorageUnavailable, "gone");
        for (var i = 0; i < 2; i++) Assert.Equal(MillError.StorageUnavailable, (await Assert.ThrowsAsync<MillException>(() => checking.VerifyAsync(TestVault.Operator, default))).Error);
        store.ReadFailure = null;
        Assert.Empty((await checking.VerifyAsync(TestVault.Operator, default)).Problems);
    }

    [Fact]
    public async Task A_destroyed_version_cannot_be_opened_and_leaves_no_key_behind()
    {
        await using var vault = await FilledAsync();
        Assert.Equal(MillError.NotFound, (await Assert.ThrowsAsync<MillException>(() => vault.ReadAsync("a", version: 1))).Error);
        var stored = (await vault.Store.ReadAsync(Version(await vault.StateAsync(), 1).Key.ToString(), default)).Entries[0];
        Assert.Contains("\"wrapped_key\":null", System.Text.Encoding.UTF8.GetString(stored.Value.Span), StringComparison.Ordinal);
    }

    private static readonly Dictionary<string, Func<ClusterState, IEnumerable<StoreWrite>>> Tampered = new()
    {
        ["dropped from the middle"] = state => [new(Version(state, 2).Key.ToString(), null)],
        ["dropped at the end"] = state => [new(Version(state, 4).Key.ToString(), null)],
        ["swapped"] = state => [Write(Version(state, 2) with { Version = 3 }), Write(Version(state, 3) with { Version = 2 })],
        ["re-dated"] = state => [Write(Version(state, 4) with { ValidFrom = Version(state, 4).ValidFrom + TimeSpan.FromMicroseconds(1) })],
        ["renamed"] = state => [new(Version(state, 4).Key.ToString(), null), Write(Version(state, 4) with { Name = SecretName.Parse("c"), Version = 1 })],
        ["copied to another tenant"] = state => [Write(Version(state, 1, "b") with { Tenant = TenantId.Parse("other") })],
        ["copied over another secret"] = state => [Write(Version(state, 1, "b") with { Name = SecretName.Parse("z") })],
        ["old value put back"] = state => [Write(Version(state, 4) with { Ciphertext = Version(state, 3).Ciphertext, Nonce = Version(state, 3).Nonce })],
        ["another writer"] = state => [Write(Version(state, 4) with { CreatedBy = "mallory" })],
        ["another request"] = state => [Write(Version(state, 3) with { RequestId = "mallory" })],
        ["destroyed version with a key"] = state => [Write(Version(state, 1) with { WrappedKey = Version(state, 2).WrappedKey })],
        ["destroyed version called superseded"] = state => [Write(Version(state, 1) with { WrappedKey = Version(state, 2).WrappedKey, State = VersionState.Superseded })],
        ["longer interval"] = state => [Write(Version(state, 2) with { ValidTo = Version(state, 2).ValidTo!.Value + TimeSpan.FromMicroseconds(1) })],
        ["empty record"] = state => [new(Version(state, 4).Key.ToString(), Array.Empty<byte>())],
        ["no JSON"] = state => [new(Version(state, 4).Key.ToString(), "canary"u8.ToArray())],
        ["unknown key"] = _ => [new("/mill/v1/unknown", "{}"u8.ToArray())],
        ["null member"] = state => [new(Version(state, 4).Key.ToString(), WithNull(Version(state, 4)))],
    };

    private static async Task<TestVault> FilledAsync()
    {
        var vault = await TestVault.OpenAsync();
        foreach (var value in new[] { "value 1", "value 2", "value 3", "value 4" }) await vault.SetAsync("a", value);
        await vault.SetAsync("b", "value");
        await vault.Vault.DestroyAsync(TestVault.Operator, new(Name, [1]), new("r"), default);
        return vault;
    }

    private static SecretVersion Version(ClusterState state, int number, string name = "a") => state.Find(new(TenantId.Default, SecretName.Parse(name)))!.Find(number)!;

    private static byte[] WithNull(SecretVersion record)
    {
        var text = System.Text.Encoding.UTF8.GetString(RecordCodec.Encode(record));
        return System.Text.Encoding.UTF8.GetBytes(text.Replace($"\"nonce\":\"{Convert.ToBase64String(record.Nonce.Span)}\"", "\"nonce\":null", StringComparison.Ordinal));
    }

    private static StoreWrite Write(SecretVersion record) => new(record.Key.ToString(), RecordCodec.Encode(record));
}
