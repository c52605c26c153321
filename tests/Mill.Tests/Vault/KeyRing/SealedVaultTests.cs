using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Tests.State;
using Mill.Vault.KeyRing;
using Xunit;

namespace Mill.Tests.Vault.KeyRing;

/// <summary>A vault whose key is missing, or is another one.</summary>
public sealed class SealedVaultTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    private string FilePath => _directory.File("master.key");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_sealed_vault_says_which_key_it_needs_lists_names_and_writes_nothing(bool hasWrongKey)
    {
        await using var open = await TestVault.OpenAsync();
        await open.SetAsync("a", "1");
        await open.SetAsync("a", "2");
        await using var vault = await TestVault.OpenAsync(hasWrongKey ? new(Sealing.KeyText(2), null) : new(null, FilePath), open.Store, open.Time);
        using var right = Sealing.Key();
        using var wrong = Sealing.Key(2);
        var status = await vault.Vault.GetSealStatusAsync(default);
        Assert.Equal((true, right.Id, hasWrongKey ? wrong.Id : null), (status.IsSealed, status.NeededKeyId, status.PresentKeyId));

        var before = await vault.Store.GetRevisionAsync(default);
        await RequireSealed(() => vault.SetAsync("b", "1"), right.Id);
        await RequireSealed(() => vault.ReadAsync("a"), right.Id);
        await RequireSealed(() => vault.ReadAsync("missing"), right.Id);
        await RequireSealed(() => vault.Vault.DeleteAsync(TestVault.Operator, new(SecretName.Parse("a")), new("r"), default), right.Id);
        await RequireSealed(() => vault.Vault.DestroyAsync(TestVault.Operator, new(SecretName.Parse("a"), [1]), new("r"), default), right.Id);
        await RequireSealed(() => vault.Vault.TransactAsync(TestVault.Operator, new([new(SecretName.Parse("a"), null, ValueKind.Text)]), new("r"), default), right.Id);
        await RequireSealed(() => vault.Vault.SetRetentionAsync(TestVault.Operator, new() { Tenant = TenantId.Default, MaxVersions = 1 }, new("r"), default), right.Id);
        await RequireSealed(() => vault.Host.Tokens.CreateAsync(TestVault.Operator, new("s", Role.Reader, [], [], null), new("r"), default), right.Id);
        await RequireSealed(() => vault.Vault.VerifyAsync(TestVault.Operator, default), right.Id);
        vault.Time.Advance(TimeSpan.FromDays(30));
        await vault.Housekeeping.SweepAsync(default);
        Assert.Equal(before, await vault.Store.GetRevisionAsync(default));

        Assert.Equal("a", Assert.Single((await vault.Vault.ListAsync(TestVault.Operator, new(), default)).Answer.Secrets).Name.Value);
        Assert.Equal([2, 1], (await vault.Vault.ReadHistoryAsync(TestVault.Operator, new(SecretName.Parse("a")), default)).Answer.Versions.Select(version => version.Version));
    }

    [Fact]
    public async Task It_opens_by_itself_once_the_right_key_is_in_its_place()
    {
        await using var open = await TestVault.OpenAsync();
        await open.SetAsync("a", "1");
        await using var vault = await TestVault.OpenAsync(new(null, FilePath), open.Store, open.Time);
        var watch = new SealWatch(vault.Ring, vault.State, vault.Time, NullLogger<SealWatch>.Instance);
        using var stop = new CancellationTokenSource();
        var watching = watch.RunAsync(stop.Token);
        foreach (var text in new[] { null, "no key", Sealing.KeyText(2) })
        {
            if (text is not null) WriteKey(text);
            vault.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(watching.IsCompleted);
        }
        WriteKey(Sealing.KeyText());
        while (!watching.IsCompleted)
        {
            vault.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await watching;
        Assert.False(vault.Ring.Status(await vault.StateAsync()).IsSealed);
    }

    [Fact]
    public async Task A_new_store_without_a_key_becomes_a_cluster_when_the_key_appears()
    {
        await using var vault = await TestVault.OpenAsync(new(null, FilePath));
        Assert.True(vault.Ring.Status(await vault.StateAsync()).IsSealed);
        WriteKey(Sealing.KeyText());
        var watching = new SealWatch(vault.Ring, vault.State, vault.Time, NullLogger<SealWatch>.Instance).RunAsync(default);
        while (!watching.IsCompleted)
        {
            vault.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        await watching;
        Assert.NotNull((await vault.StateAsync()).Cluster);
        Assert.False(vault.Ring.Status(await vault.StateAsync()).IsSealed);
    }

    [Fact]
    public async Task A_key_that_is_no_key_is_a_mistake_at_the_start() =>
        Assert.Equal(MillError.InvalidMasterKey, (await Assert.ThrowsAsync<MillException>(() => TestVault.OpenAsync(new("no key", null)))).Error);

    private void WriteKey(string text)
    {
        File.WriteAllText(FilePath, text);
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static async Task RequireSealed<T>(Func<Task<T>> call, string needed)
    {
        var refused = await Assert.ThrowsAsync<MillException>(call);
        Assert.Equal(MillError.VaultSealed, refused.Error);
        Assert.Contains(needed, refused.Message, StringComparison.Ordinal);
    }
}
