using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Ports;
using Mill.State.Replica;
using Mill.Vault;
using Mill.Vault.KeyRing;
using Mill.Vault.Versions;

namespace Mill.Simulation;

/// <summary>One life of a server: the real state, pipeline and vault over a gated store.</summary>
internal sealed class Server : IAsyncDisposable
{
    /// <summary>Any 32 bytes: a simulation has nothing to hide.</summary>
    public const string MasterKey = "c2ltdWxhdGlvbiBzaW11bGF0aW9uIHNpbXVsYXRpb24=";

    private readonly CancellationTokenSource _lifetime = new();
    private readonly Task _running;

    private Server(GatedStore store, IReplicatedState state, TimeProvider time, Func<CancellationToken, Task> run)
    {
        var ring = new KeyRing(new MasterKeySource(MasterKey, null));
        ring.Load();
        (Store, State, Vault) = (store, state, new SecretsVault(state, store, ring));
        Housekeeping = new(state, ((IStateStore)store).Limits, leadership: null, ring, time, NullLogger<Housekeeping>.Instance);
        _running = run(_lifetime.Token);
    }

    public GatedStore Store { get; }

    public IReplicatedState State { get; }

    public IVault Vault { get; }

    public Housekeeping Housekeeping { get; }

    public static async Task<Server> StartAsync(GatedStore store, TimeProvider time, Mutation mutation, Decisions decisions)
    {
        var local = await LocalState.LoadAsync(store, time, NullLoggerFactory.Instance, CancellationToken.None);
        var tracked = new TrackedState(local, decisions);
        return new(store, mutation.IsOfState() ? new MutatedState(tracked, mutation) : tracked, time, local.RunAsync);
    }

    /// <summary>Makes an empty store a cluster.</summary>
    public static async Task InitializeAsync(IStateStore store, TimeProvider time)
    {
        var state = await LocalState.LoadAsync(store, time, NullLoggerFactory.Instance, CancellationToken.None);
        using var lifetime = new CancellationTokenSource();
        var running = state.RunAsync(lifetime.Token);
        await new VaultHost(new(MasterKey, null), state, store, leadership: null, time, NullLoggerFactory.Instance).StartAsync(makeKeyFile: false, CancellationToken.None);
        await lifetime.CancelAsync();
        await running;
    }

    public async ValueTask DisposeAsync()
    {
        await _lifetime.CancelAsync();
        await _running;
        _lifetime.Dispose();
    }
}
