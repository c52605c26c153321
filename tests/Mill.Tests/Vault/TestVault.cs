using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core;
using Mill.Vault;
using Mill.Vault.Versions;

namespace Mill.Tests.Vault;

/// <summary>A vault over a store in memory and a clock that is moved by hand. Everything but those two is real.</summary>
internal sealed class TestVault : IAsyncDisposable
{
    private readonly CancellationTokenSource _lifetime = new();
    private readonly Task _committing;

    private TestVault(InMemoryStateStore store, ManualTime time, LocalState state, VaultOptions options)
    {
        (Store, Time, State) = (store, time, state);
        Host = new(options, state, store, leadership: null, time, NullLoggerFactory.Instance);
        Ring = new(new(options.MasterKey, options.MasterKeyFile));
        Ring.Load();
        _committing = state.RunAsync(_lifetime.Token);
    }

    public InMemoryStateStore Store { get; }

    public ManualTime Time { get; }

    public LocalState State { get; }

    public VaultHost Host { get; }

    public Mill.Vault.KeyRing.KeyRing Ring { get; }

    public IVault Vault => Host.Vault;

    public Housekeeping Housekeeping => new(State, Store.Limits, leadership: null, Ring, Time, NullLogger<Housekeeping>.Instance);

    public static Caller Operator { get; } = Samples.Caller();

    public static async Task<TestVault> OpenAsync(VaultOptions? options = null, InMemoryStateStore? store = null, ManualTime? time = null)
    {
        (store, time) = (store ?? new(), time ?? new());
        var state = await LocalState.LoadAsync(store, time, NullLoggerFactory.Instance, default);
        var vault = new TestVault(store, time, state, options ?? new(Sealing.KeyText(), null));
        await vault.Host.StartAsync(makeKeyFile: false, default);
        return vault;
    }

    public async Task<SetAnswer> SetAsync(string name, string value, string? key = null, bool force = false)
    {
        using var secret = SecretValue.FromText(value);
        return (await Vault.SetAsync(Operator, new(SecretName.Parse(name), secret, ValueKind.Text, Force: force), new("r", key), default)).Answer;
    }

    public async Task<string> ReadAsync(string name, int? version = null, Timestamp? at = null)
    {
        using var reading = (await Vault.ReadAsync(Operator, new(SecretName.Parse(name), version, at), default)).Answer;
        return reading.Value.Reveal(System.Text.Encoding.UTF8.GetString);
    }

    public async Task<ClusterState> StateAsync() => await State.ReadAsync(default);

    public async ValueTask DisposeAsync()
    {
        await _lifetime.CancelAsync();
        await _committing;
        _lifetime.Dispose();
        await Store.DisposeAsync();
    }
}
