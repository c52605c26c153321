using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Simulation.Operations;

namespace Mill.Simulation;

/// <summary>Which operations the pipeline decided, in its own order, for the commit that is on its way.</summary>
internal sealed class Decisions
{
    private readonly Lock _lock = new();
    private List<Operation> _current = [];
    private bool _isSealed;

    public IReadOnlyList<Operation> Current
    {
        get
        {
            lock (_lock) return [.. _current];
        }
    }

    /// <summary>The commit is under way: what is decided from now on belongs to another one.</summary>
    public void Seal()
    {
        lock (_lock) _isSealed = true;
    }

    public void Add(Operation operation, Timestamp now)
    {
        lock (_lock)
        {
            if (_isSealed)
            {
                foreach (var decided in _current) decided.DecidedAt = null;
                (_current, _isSealed) = ([], false);
            }
            operation.DecidedAt = now;
            _current.Add(operation);
        }
    }
}

/// <summary>The state as the vault sees it; notes when its commands are decided.</summary>
internal sealed class TrackedState(IReplicatedState state, Decisions decisions) : IReplicatedState
{
    /// <summary>The operation that is being sent.</summary>
    public static AsyncLocal<Operation?> Sending { get; } = new();

    public ValueTask<ClusterState> ReadAsync(StateRead read, CancellationToken cancellationToken) => state.ReadAsync(read, cancellationToken);

    public ValueTask<bool> TryConfirmAsync(ReadLevel level, CancellationToken cancellationToken) => state.TryConfirmAsync(level, cancellationToken);

    public ValueTask<ClusterState> ReadAtAsync(Timestamp moment, CancellationToken cancellationToken) => state.ReadAtAsync(moment, cancellationToken);

    public Task<Committed<T>> CommitAsync<T>(StateCommand<T> command, CancellationToken cancellationToken) =>
        state.CommitAsync(new Tracked<T>(command, Sending.Value!, decisions), cancellationToken);

    public IAsyncEnumerable<StateAdvance> FollowAsync(long afterRevision, CancellationToken cancellationToken) => state.FollowAsync(afterRevision, cancellationToken);

    private sealed class Tracked<T> : StateCommand<T>
    {
        private readonly StateCommand<T> _command;
        private readonly Operation _operation;
        private readonly Decisions _decisions;

        public Tracked(StateCommand<T> command, Operation operation, Decisions decisions)
        {
            (_command, _operation, _decisions) = (command, operation, decisions);
            Idempotency = command.Idempotency;
        }

        public override Decision<T> Decide(ClusterState state, Timestamp now)
        {
            _decisions.Add(_operation, now);
            return _command.Decide(state, now);
        }

        public override string WriteAnswer(T answer, IdempotencyKey key) => _command.WriteAnswer(answer, key);

        public override T ReadAnswer(string text, IdempotencyKey key) => _command.ReadAnswer(text, key);
    }
}
