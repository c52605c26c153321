using Mill.ClusterTests.Crashes;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Damage;

/// <summary>A damaged master key is refused or does not fit; it never opens anything wrongly, and the records outlive it.</summary>
public sealed class DamagedKeyTests(DamagedStore store, Announcements announcements) : IClassFixture<DamagedStore>, IClassFixture<Announcements>
{
    private const string Served = "served everything";
    private const string Sealed = "started sealed";
    private const string Refused = "refused";

    private readonly Tally _tally = new();

    [Fact]
    public async Task A_flipped_bit_in_the_master_key_never_gives_a_wrong_value()
    {
        var random = new Random(7);
        var intact = await File.ReadAllBytesAsync(store.Intact.KeyFile);
        for (var i = 0; i < 14; i++)
        {
            var damaged = intact.ToArray();
            damaged[i < 3 ? intact.Length - 1 - i : random.Next(intact.Length)] ^= (byte)(1 << random.Next(8));
            await TryAsync(damaged);
        }
        announcements.Say($"Flips in the master key: {_tally}");
        Assert.True(_tally[Refused] > 0 && _tally[Sealed] > 0);
    }

    [Fact]
    public async Task A_master_key_cut_short_is_refused()
    {
        var intact = await File.ReadAllBytesAsync(store.Intact.KeyFile);
        foreach (var length in (int[])[0, 1, 16, 40, 43]) await TryAsync(intact[..length]);
        Assert.Equal(5, _tally[Refused]);
    }

    private async Task TryAsync(byte[] damaged)
    {
        using var sandbox = store.Intact.Copy();
        await File.WriteAllBytesAsync(sandbox.KeyFile, damaged);
        try
        {
            await using var server = await MillServer.StartAsync(sandbox);
            await TryAsync(server.Api);
            Manners.RequireNoTrace(server.Process.Errors);
        }
        catch (MillDidNotStartException refusal)
        {
            Manners.Require(refusal, ExitCode.InvalidMasterKey, sandbox.KeyFile);
            _tally.Count(Refused);
        }
    }

    private async Task TryAsync(MillApi api)
    {
        if ((await api.GetAsync("/readyz")).Status == 200)
        {
            // White space around a key, and bits of base64 that mean nothing, make no difference.
            await StoreComparison.AllAsync(api, store.Expected);
            _tally.Count(Served);
            return;
        }
        foreach (var secret in store.Expected.All)
        {
            Assert.Equal("vault_sealed", (await api.GetAsync($"/v1/secrets/{secret.Name}")).Code);
            await SecretCheck.HistoryAsync(api, secret);
        }
        _tally.Count(Sealed);
    }
}
