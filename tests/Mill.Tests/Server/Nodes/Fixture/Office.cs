using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Tests.Server.Nodes.Fixture;

/// <summary>Who leads, as one node believes: whoever the test says.</summary>
internal sealed class Office(NodeId self, IReplicatedState state) : ILeadership
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _elections;
    private int _waiting;

    public LeaderRecord? Leader { get; private set; }

    public bool IsLeader => Leader?.NodeId == self;

    /// <summary>Whoever waits for a leader just now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>What happens where this node gives the office up.</summary>
    public Action<NodeRecord?> Resigned { get; set; } = static _ => { };

    public void Elect(NodeRecord? node)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            Leader = node is null ? null : new() { NodeId = node.Id, Name = node.Name, ElectedAt = new(++_elections) };
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }

    public async ValueTask<LeaderRecord> WaitForLeaderAsync(LeaderRecord? other, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            while (true)
            {
                Task changed;
                lock (_lock)
                {
                    if (Leader is { } leader && leader != other) return leader;
                    changed = _changed.Task;
                }
                await changed.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public async ValueTask<long> ConfirmAsync(Timestamp? settled, CancellationToken cancellationToken)
    {
        if (!IsLeader) throw NotLeading();
        var seen = settled is { } moment ? await state.ReadAtAsync(moment, cancellationToken) : await state.ReadAsync(cancellationToken);
        return seen.Revision;
    }

    public Task ResignAsync(CancellationToken cancellationToken)
    {
        if (IsLeader) Resigned(null);
        return Task.CompletedTask;
    }

    public Task HandOverAsync(NodeRecord to, CancellationToken cancellationToken)
    {
        if (!IsLeader) throw NotLeading();
        Resigned(to);
        return Task.CompletedTask;
    }

    public static MillException NotLeading() => new(MillError.NoLeader, "This node does not lead. Nothing was written.");
}
