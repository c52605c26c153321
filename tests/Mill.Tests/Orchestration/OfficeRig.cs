using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Orchestration;
using Mill.State.Replica;
using Mill.Testing;
using Mill.Tests.Core.Deploys;

namespace Mill.Tests.Orchestration;

/// <summary>An office that leads, with a state over a store in memory, and a clock that is moved by hand. It decides nothing unless it is run.</summary>
internal sealed class OfficeRig : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _pipeline;

    private OfficeRig(InMemoryStateStore store, ManualTime time, LocalState state)
    {
        (Store, Time, State) = (store, time, state);
        _pipeline = state.RunAsync(_stop.Token);
        Office = OfficeOf(state);
    }

    public InMemoryStateStore Store { get; }

    public ManualTime Time { get; }

    public LocalState State { get; }

    public FleetOffice Office { get; }

    /// <summary>Cancelled at the end.</summary>
    public CancellationToken Stopped => _stop.Token;

    public static async Task<OfficeRig> StartAsync()
    {
        var (store, time) = (new InMemoryStateStore { Limits = new(128, 1 << 20) }, new ManualTime());
        return new(store, time, await LocalState.LoadAsync(store, time, NullLoggerFactory.Instance, default));
    }

    /// <summary>Another one, of a state that may be another.</summary>
    public FleetOffice OfficeOf(IReplicatedState state) => new(state, () => true, TimeSpan.FromSeconds(10), Time, NullLogger<FleetOffice>.Instance);

    public async Task<ClusterState> NowAsync() => await State.ReadAsync(StateRead.Local, default);

    public async Task<FleetState> FleetAsync() => (await NowAsync()).Fleet;

    public Task<Committed<T>> CommitAsync<T>(Func<FleetDraft, T> decide) => State.CommitAsync(new FleetCommand<T>((draft, _) => decide(draft)), default);

    public Task<Committed<DeployRecord>> DeployAsync(string text) => CommitAsync(draft => DeployRules.Begin(draft, FleetRig.Spec(text), TenantId.Default, "ann"));

    /// <summary>Waits until what is decided and said has made it so.</summary>
    public async Task<FleetState> UntilAsync(Func<FleetState, bool> holds)
    {
        if (holds(await FleetAsync())) return await FleetAsync();
        await foreach (var _ in State.FollowAsync(0, Stopped))
        {
            if (holds(await FleetAsync())) break;
        }
        return await FleetAsync();
    }

    public Task StopAsync() => _stop.CancelAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pipeline.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Store.DisposeAsync();
        _stop.Dispose();
    }
}
