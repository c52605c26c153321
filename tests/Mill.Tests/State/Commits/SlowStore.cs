using System.Threading.Channels;
using Mill.Core.Ports;
using Mill.Testing;

namespace Mill.Tests.State.Commits;

/// <summary>A store whose commits wait until the test says what becomes of them.</summary>
internal sealed class SlowStore : IStateStore
{
    private readonly InMemoryStateStore _store = new();
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>();

    public string Engine => "slow";

    public StoreLimits Limits { get; init; } = StoreLimits.None;

    /// <summary>The store underneath, where nothing waits.</summary>
    public InMemoryStateStore Inner => _store;

    public Func<Exception>? ReadFailure { get; set; }

    /// <summary>What every look at the whole store waits for.</summary>
    public Task MayRead { get; set; } = Task.CompletedTask;

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) => _store.GetRevisionAsync(cancellationToken);

    public async ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken)
    {
        await MayRead.WaitAsync(cancellationToken);
        return ReadFailure is { } failure ? throw failure() : await _store.VisitAsync(prefix, visit, cancellationToken);
    }

    public ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken) =>
        ReadFailure is { } failure ? throw failure() : _store.FindAsync(key, cancellationToken);

    public IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken) => _store.WatchAsync(prefix, afterRevision, cancellationToken);

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var waiting = new Waiting(_store, transaction);
        await _waiting.Writer.WriteAsync(waiting, cancellationToken);
        return await waiting.Outcome.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The next commit that arrives.</summary>
    public async Task<Waiting> NextAsync() => await _waiting.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    internal sealed class Waiting(InMemoryStateStore store, StoreTransaction transaction)
    {
        public StoreTransaction Transaction => transaction;

        public TaskCompletionSource<StoreCommit> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task SucceedAsync() => Outcome.SetResult(await store.CommitAsync(transaction, default));

        public void Fail(Exception failure) => Outcome.SetException(failure);

        /// <summary>It happens, but nobody hears of it.</summary>
        public async Task LoseReplyAsync(Exception failure)
        {
            await store.CommitAsync(transaction, default);
            Outcome.SetException(failure);
        }
    }
}
