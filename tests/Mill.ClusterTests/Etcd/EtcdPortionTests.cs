using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd;
using Mill.State.Replica;
using Mill.Vault;
using Xunit;

namespace Mill.ClusterTests.Etcd;

/// <summary>What etcd does not take at once is done all the same.</summary>
public sealed class EtcdPortionTests
{
    private static readonly Caller Operator = new("token", "tester", Role.Operator, TenantId.Default);

    [Fact]
    public async Task All_of_three_thousand_versions_are_destroyed_and_large_ones_too()
    {
        await using var server = await EtcdServer.StartAsync();
        await using var store = new EtcdStateStore(server.Options, TimeProvider.System);
        var state = await LocalState.LoadAsync(store, TimeProvider.System, NullLoggerFactory.Instance, default);
        using var stop = new CancellationTokenSource();
        var committing = state.RunAsync(stop.Token);
        var host = new VaultHost(new(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)), null), state, store, leadership: null, TimeProvider.System, NullLoggerFactory.Instance);
        await host.StartAsync(makeKeyFile: false, default);
        await SetAsync(host.Vault, "many", count: 3_000, size: 10);
        await SetAsync(host.Vault, "large", count: 60, size: 256 << 10);
        foreach (var name in (string[])["many", "large"]) await host.Vault.DestroyAsync(Operator, new(SecretName.Parse(name), null), new("r", name), default);
        var report = await host.Vault.VerifyAsync(Operator, default);
        Assert.Empty(report.Problems);
        Assert.Equal((3_060, 3_060), (report.Versions, report.Destroyed));
        await stop.CancelAsync();
        await committing;
    }

    private static async Task SetAsync(IVault vault, string name, int count, int size)
    {
        foreach (var some in Enumerable.Range(0, count).Chunk((8 << 20) / (size + 8_000)))
        {
            await Task.WhenAll(some.Select(async _ =>
            {
                using var value = SecretValue.FromBytes(RandomNumberGenerator.GetBytes(size));
                await vault.SetAsync(Operator, new(SecretName.Parse(name), value, ValueKind.Binary), new("r"), default);
            }));
        }
    }
}
