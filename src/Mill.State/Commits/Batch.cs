using Mill.Core.Model;
using Mill.Core.Ports;

namespace Mill.State.Commits;

/// <summary>Commands that are committed together: each decided against the state and all before it.</summary>
internal sealed class Batch
{
    private readonly List<StateChange> _changes = [];

    private Batch(ClusterState before) => (Before, After) = (before, before);

    public ClusterState Before { get; }

    /// <summary>The state once the batch is committed, but for its revision.</summary>
    public ClusterState After { get; private set; }

    public bool IsEmpty => _changes.Count == 0;

    private bool Scrub { get; set; }

    public static Batch Decide(ClusterState before, IReadOnlyList<PendingCommand> commands, CommitClock clock)
    {
        var batch = new Batch(before);
        clock.Settle(before.CommitTime);
        foreach (var command in commands) batch.Add(command, clock);
        return batch;
    }

    /// <summary>
    /// The store's transaction: all changes, fenced by the head record and, where there are terms of office, by the leader's. A deposed or confused writer
    /// cannot get past them.
    /// </summary>
    /// <param name="fence">See <see cref="ClusterState.Fence"/>; null for a server that is alone with its store.</param>
    public StoreTransaction ToTransaction(string batchId, long? fence)
    {
        // A key that several commands wrote is written once, with what the last of them said.
        var last = new Dictionary<RecordKey, StateRecord?>(_changes.Count + 1);
        foreach (var change in _changes) last[change.Key] = change.Record;
        last[new HeadKey()] = new HeadRecord { Batch = batchId, CommitTime = After.CommitTime };
        var writes = last.Select(pair => new StoreWrite(pair.Key.ToString(), pair.Value is { } record ? RecordCodec.Encode(record) : null));
        StorePrecondition head = new(Head, Before.HeadRevision);
        return new(fence is { } office ? [head, new(Leader, office)] : [head], [.. writes]) { Scrub = Scrub };
    }

    public Flight TakeOff() => new(_changes.Select(change => change.Key));

    public IEnumerable<SecretId> Touched() => StateChange.SecretsOf(_changes);

    public static string Head { get; } = new HeadKey().ToString();

    private static string Leader { get; } = new LeaderKey().ToString();

    private void Add(PendingCommand command, CommitClock clock)
    {
        var now = clock.Next();
        var changes = command.Decide(After, now, out var scrub);
        if (changes.Count == 0) return;
        clock.Settle(now);
        _changes.AddRange(changes);
        Scrub |= scrub;
        After = After.Apply(changes) with { CommitTime = now };
    }
}
