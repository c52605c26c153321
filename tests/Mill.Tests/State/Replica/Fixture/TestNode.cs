using Microsoft.Extensions.Logging.Abstractions;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;

namespace Mill.Tests.State.Replica.Fixture;

/// <summary>One node of a cluster in memory: a real shared state over its own way to the common store.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    private TestNode(NodeId id, NodeStore store, SharedState state, FrozenClock clock)
    {
        (Id, Store, State, LeaseClock) = (id, store, state, clock);
        _running = Task.WhenAll(state.FollowStoreAsync(_stop.Token), state.LeadAsync(_stop.Token));
    }

    public NodeId Id { get; }

    public NodeStore Store { get; }

    public SharedState State { get; }

    public FrozenClock LeaseClock { get; }

    public static async Task<TestNode> StartAsync(int number, NodeStore store, ILeaderLink link, TimeProvider time)
    {
        var id = NodeId.From([0, 0, 0, 0, 0, 0, 0, (byte)number]);
        var clock = new FrozenClock(time);
        var state = new SharedState(store, store, link, new(id, $"node-{number}"), new(time, clock), NullLoggerFactory.Instance);
        var node = new TestNode(id, store, state, clock);
        await state.LoadedAsync(CancellationToken.None);
        return node;
    }

    public Task<Committed<Timestamp>> PutAsync(string token) => State.CommitAsync(new PutToken(token), CancellationToken.None);

    /// <summary>The tokens that a read shows.</summary>
    public async Task<string[]> ReadAsync(StateRead read = default) => [.. (await State.ReadAsync(read, CancellationToken.None)).Tokens.Keys.Order()];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _running;
        }
        catch (Exception e) when (e is OperationCanceledException or MillException)
        {
            // It was told to stop, or its way to the store is cut.
        }
        _stop.Dispose();
    }

    private sealed class PutToken(string id) : StateCommand<Timestamp>
    {
        public override Decision<Timestamp> Decide(ClusterState state, Timestamp now)
        {
            var record = new TokenRecord { Id = id, SecretHash = [1], Tenant = TenantId.Default, Subject = "s", Role = Role.Reader, CreatedAt = now, CreatedBy = "c" };
            return new(now, [new(new TokenKey(id), record)]);
        }
    }
}

/// <summary>A lease clock that can run ahead of the timers, as it does for a process that was stopped for a while.</summary>
internal sealed class FrozenClock(TimeProvider time) : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override long TimestampFrequency => time.TimestampFrequency;

    public override long GetTimestamp() => time.GetTimestamp() + (long)(Ahead.TotalSeconds * TimestampFrequency);
}
