using Mill.Core.Ports;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>Puts the events of a watch together into commits: a reply may hold several of them, and one may come in several replies, each marked as a part.</summary>
internal sealed class CommitAssembly(long after)
{
    private readonly Queue<StoreEvent> _whole = [];
    private readonly List<StoreWrite> _writes = [];
    private long _revision; // of the commit that is being put together

    /// <summary>Everything up to here was put together; what is told again is passed over.</summary>
    public long Position { get; private set; } = after;

    public void Add(WatchReply reply)
    {
        foreach (var told in reply.Events)
        {
            if (told.Kv.ModRevision <= Position) continue;
            if (told.Kv.ModRevision != _revision) Finish();
            _revision = told.Kv.ModRevision;
            _writes.Add(new StoreWrite(told.Kv.Key.ToStringUtf8(), told.Type is WatchedEvent.Types.EventType.Delete ? (ReadOnlyMemory<byte>?)null : told.Kv.Value.Memory) { Lease = told.Kv.Lease });
        }
        if (reply.Fragment) return;
        Finish();
        // Neither the start nor an event: a notice that all up to its revision was told.
        if (reply is { Created: false, Canceled: false, Events.Count: 0 }) Position = Math.Max(Position, reply.Header.Revision);
    }

    public bool TryTake(out StoreEvent commit) => _whole.TryDequeue(out commit!);

    /// <summary>Forgets a commit of which only a part came, because the watch broke: it is told again from its beginning.</summary>
    public void DropPart() => _writes.Clear();

    private void Finish()
    {
        if (_writes.Count == 0) return;
        _whole.Enqueue(new(_revision, [.. _writes]));
        _writes.Clear();
        Position = _revision;
    }
}
