using Mill.Core.Ports;
using Mill.State.Embedded;
using Mill.Testing;

namespace Mill.Tests.State;

public sealed class InMemoryStateStoreSuite : StateStoreSuite
{
    protected override ValueTask<IStateStore> OpenAsync(int knownCommits) => new(new InMemoryStateStore(knownCommits));
}

public sealed class EmbeddedStateStoreSuite : StateStoreSuite, IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    // Few log pages between checkpoints, so that the suite runs across many of them.
    protected override ValueTask<IStateStore> OpenAsync(int knownCommits)
        => new(EmbeddedStateStore.Open(_directory.Path, new EmbeddedOptions { KnownCommits = knownCommits, CheckpointPages = 20 }));
}

public sealed class InMemoryLeaseSuite : LeaseSuite
{
    private readonly ManualTime _time = new();

    protected override ValueTask<(IStateStore Store, ILeases Leases)> OpenAsync()
    {
        var store = new InMemoryStateStore(time: _time);
        return new((store, store));
    }

    protected override Task PassAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}
