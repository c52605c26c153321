using Mill.Client.Providers;
using Mill.Extensions;
using Mill.Extensions.Services;
using Mill.Testing;
using Mill.Tests.Client;
using Mill.Tests.Secrets.Providers;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Extensions;

/// <summary>A start while the vault takes every request and answers none.</summary>
public sealed class VaultStartTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TestDirectory _directory = new();
    private readonly ManualTime _time = new();

    private string Kept => Path.Combine(_directory.Path, "last-good");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_last_good_values_of_a_vault_in_a_chain_will_do()
    {
        await using var mill = await FakeMill.StartAsync();
        _ = new FakeStreams(mill);
        mill.On("GET /v1/secrets/a", """{"name":"a","version":1,"value":"1","valid_from":"2026-01-01T00:00:00Z","valid_to":null,"state":"current"}""");
        await using (var before = await VaultProvider.OpenAsync(new() { Server = new() { Address = mill.Address, Token = FakeMill.Token }, LastGoodFile = Kept })) Assert.Equal("1", await before.TextAsync("a"));

        var asked = 0;
        foreach (var target in (string[])["/v1/secrets", "/v1/secrets?prefix=", "/v1/secrets:watch"])
        {
            mill.On($"GET {target}", async context =>
            {
                if (!target.EndsWith("watch", StringComparison.Ordinal)) Interlocked.Increment(ref asked);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            });
        }
        var settings = new Dictionary<string, string> { ["SECRET_PROVIDER_CHAIN"] = "memory,vault", ["MILL_ADDRESS"] = mill.Address.ToString(), ["MILL_TOKEN"] = FakeMill.Token, ["SECRET_VAULT_LAST_GOOD"] = Kept };
        var options = new MillSecretsOptions { Settings = settings.GetValueOrDefault, Start = SecretStart.LastGood, Time = _time, StartTimeout = TimeSpan.FromDays(1) };
        await using var secrets = new HostedSecrets(options);
        var starting = secrets.StartAsync(CancellationToken.None);
        // The first look, and who counts what is rotated: each has half of the time, from when it asked.
        await ChangeReader.TickUntil(() => Volatile.Read(ref asked) > 1, () => { });
        _time.Advance(options.StartTimeout / 2);
        // The second look says that the first one is over. What passes until it begins is nothing of the half that is left, however slow this machine is.
        await ChangeReader.TickUntil(() => Volatile.Read(ref asked) > 2, () => _time.Advance(TimeSpan.FromMilliseconds(1)));
        _time.Advance(options.StartTimeout / 2);
        await starting.WaitAsync(Patience);
        var lookup = await secrets.TryGetAsync("a");
        using var value = lookup.Value;
        Assert.Equal((true, true), (lookup.IsFound, lookup.Error is not null));
    }
}
