using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Testing;

namespace Mill.Simulation.Cluster;

/// <summary>The store that all nodes share, as it is in itself: no network, no faults. Only the thread of the world writes to it.</summary>
internal sealed class SimulatedStore
{
    private static readonly string LeaderRecord = new LeaderKey().ToString();

    private readonly World _world;
    private readonly ClusterMutation _mutation;
    private readonly List<(NodeId From, Action Arrive)> _held = [];

    public SimulatedStore(World world, int knownCommits, ClusterMutation mutation)
    {
        (_world, _mutation) = (world, mutation);
        Inner = new(knownCommits, new StoreClock(world, EndLease));
    }

    public InMemoryStateStore Inner { get; }

    /// <summary>Everything that ever happened to the store.</summary>
    public StoreTruth Truth { get; } = new();

    public long Revision => Result(Inner.GetRevisionAsync(CancellationToken.None));

    public StoreCommit Commit(StoreTransaction transaction)
    {
        var commit = Result(Inner.CommitAsync(transaction, CancellationToken.None));
        if (!commit.Succeeded) return commit;
        Truth.Add(commit.Revision, transaction);
        if (transaction.Writes.FirstOrDefault(write => write.Key == LeaderRecord) is { Value: { } record }) LetGo(((LeaderRecord)RecordCodec.Decode(new LeaderKey(), record.Span)).NodeId);
        return commit;
    }

    public StoreEntry? Find(string key) => Result(Inner.FindAsync(key, CancellationToken.None));

    public StoreSnapshot ReadAll(string prefix) => Result(Inner.ReadAsync(prefix, CancellationToken.None));

    public long Grant(TimeSpan timeToLive) => Result(Inner.GrantAsync(_mutation is ClusterMutation.LeaseEndsEarly ? timeToLive / 3 : timeToLive, CancellationToken.None));

    public bool KeepAlive(long lease) => Result(Inner.KeepAliveAsync(lease, CancellationToken.None));

    public void Revoke(long lease) => Inner.RevokeAsync(lease, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Keeps a commit under way until another node than its sender leads, or until a time.</summary>
    public void Hold(NodeId from, long until, Action arrive)
    {
        var hasArrived = false;
        void ArriveOnce()
        {
            if (hasArrived) return;
            hasArrived = true;
            arrive();
        }
        _held.Add((from, ArriveOnce));
        _world.At(until, ArriveOnce);
    }

    private void EndLease(Action end)
    {
        var before = Revision;
        end();
        if (Revision > before) _world.Tally.Count("lease ended, and the office with it");
    }

    private void LetGo(NodeId leader)
    {
        foreach (var (_, arrive) in _held.Where(held => held.From != leader)) _world.At(_world.Now + _world.Between(0, 250).Ticks, arrive);
        _held.RemoveAll(held => held.From != leader);
    }

    // What is in memory is there at once.
    private static T Result<T>(ValueTask<T> task) => task.AsTask().GetAwaiter().GetResult();
}
