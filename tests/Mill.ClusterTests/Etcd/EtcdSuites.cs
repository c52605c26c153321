using Mill.Core.Ports;
using Mill.State.Etcd;
using Mill.State.Etcd.Messages;
using Mill.Testing;
using Xunit;

namespace Mill.ClusterTests.Etcd;

public sealed class EtcdStateStoreSuite(SharedEtcd etcd) : StateStoreSuite, IClassFixture<SharedEtcd>
{
    protected override async ValueTask<IStateStore> OpenAsync(int knownCommits)
    {
        var store = await etcd.OpenEmptyAsync();
        return knownCommits < 4096 ? new ForgetfulStore(store, knownCommits) : store;
    }
}

public sealed class EtcdLeaseSuite(SharedEtcd etcd) : LeaseSuite, IClassFixture<SharedEtcd>
{
    protected override async ValueTask<(IStateStore Store, ILeases Leases)> OpenAsync()
    {
        var store = await etcd.OpenEmptyAsync();
        return (store, store);
    }

    protected override Task PassAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System); // it is etcd's own clock that counts
}

/// <summary>One etcd for all tests of a class; each finds it empty.</summary>
public sealed class SharedEtcd : IAsyncLifetime
{
    private EtcdServer _server = null!;

    internal EtcdServer Server => _server;

    public async Task InitializeAsync() => _server = await EtcdServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public async Task<EtcdStateStore> OpenEmptyAsync()
    {
        var store = new EtcdStateStore(_server.Options, TimeProvider.System);
        foreach (var entries in (await store.ReadAsync("", default)).Entries.Chunk(1000))
            await store.CommitAsync(new([], [.. entries.Select(entry => new StoreWrite(entry.Key, null))]), default);
        return store;
    }
}

/// <summary>Etcd, compacted after every commit.</summary>
internal sealed class ForgetfulStore(EtcdStateStore store, int knownCommits) : IStateStore
{
    public string Engine => store.Engine;

    public StoreLimits Limits => store.Limits;

    public ValueTask<long> GetRevisionAsync(CancellationToken cancellationToken) => store.GetRevisionAsync(cancellationToken);

    public ValueTask<long> VisitAsync(string prefix, StoreVisitor visit, CancellationToken cancellationToken) => store.VisitAsync(prefix, visit, cancellationToken);

    public ValueTask<StoreEntry?> FindAsync(string key, CancellationToken cancellationToken) => store.FindAsync(key, cancellationToken);

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        var commit = await store.CommitAsync(transaction, cancellationToken);
        if (commit.Revision > knownCommits)
            await store.Channel.AskAsync(EtcdCalls.Compact, new CompactionRequest { Revision = commit.Revision - knownCommits }, cancellationToken);
        return commit;
    }

    public IAsyncEnumerable<StoreEvent> WatchAsync(string prefix, long afterRevision, CancellationToken cancellationToken) =>
        store.WatchAsync(prefix, afterRevision, cancellationToken);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
