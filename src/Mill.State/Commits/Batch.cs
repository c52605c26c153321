using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Commits;

/// <summary>Commands that are committed together: each decided against the state and all before it, as many as the store takes at once.</summary>
internal sealed class Batch
{
    private const int HeadSize = 1024; // no less than the head record ever is

    private readonly Dictionary<RecordKey, Written> _written = [];
    private readonly StoreLimits _limits;
    private long _bytes = HeadSize;

    private Batch(ClusterState before, StoreLimits limits) => (Before, After, _limits) = (before, before, limits);

    public ClusterState Before { get; }

    /// <summary>The state once the batch is committed, but for its revision.</summary>
    public ClusterState After { get; private set; }

    /// <summary>How many of the commands it was given it holds, from the first on.</summary>
    public int Commands { get; private set; }

    public bool IsEmpty => _written.Count == 0;

    private bool Scrub { get; set; }

    public static Batch Decide(ClusterState before, IReadOnlyList<PendingCommand> commands, CommitClock clock, StoreLimits limits)
    {
        var batch = new Batch(before, limits);
        clock.Settle(before.CommitTime);
        while (batch.Commands < commands.Count && batch.TryAdd(commands[batch.Commands], clock)) batch.Commands++;
        return batch;
    }

    /// <summary>
    /// The store's transaction: all changes, fenced by the head record and, where there are terms of office, by the leader's. A deposed or confused writer
    /// cannot get past them.
    /// </summary>
    /// <param name="fence">See <see cref="ClusterState.Fence"/>; null for a server that is alone with its store.</param>
    public StoreTransaction ToTransaction(string batchId, long? fence)
    {
        var record = RecordCodec.Encode(new HeadRecord { Batch = batchId, CommitTime = After.CommitTime });
        StorePrecondition head = new(Head, Before.HeadRevision);
        return new(
            fence is { } office ? [head, new(Leader, office)] : [head],
            [.. _written.Where(pair => pair.Key is not HeadKey).Select(pair => pair.Value.Write), new StoreWrite(Head, record)])
        { Scrub = Scrub };
    }

    public Flight TakeOff() => new(_written.Keys);

    public IEnumerable<SecretId> Touched() => StateChange.SecretsOf(_written.Keys);

    public static string Head { get; } = new HeadKey().ToString();

    private static string Leader { get; } = new LeaderKey().ToString();

    /// <summary>False where a command does not fit any more: it is for the next batch. One that would not even fit alone is refused.</summary>
    private bool TryAdd(PendingCommand command, CommitClock clock)
    {
        var now = clock.Next();
        var changes = command.Decide(After, now, out var scrub);
        if (changes.Count == 0) return true;
        var own = Encode(changes);
        if (!Fits(own))
        {
            if (!IsEmpty) return false;
            command.Refuse(TooLarge(own));
            return true;
        }
        clock.Settle(now);
        // A key that several commands wrote is written once, with what the last of them said.
        foreach (var (key, written) in own)
        {
            if (_written.TryGetValue(key, out var replaced)) _bytes -= replaced.Size;
            _written[key] = written;
            _bytes += written.Size;
        }
        Scrub |= scrub;
        After = After.Apply(changes) with { CommitTime = now };
        return true;
    }

    private static Dictionary<RecordKey, Written> Encode(IReadOnlyList<StateChange> changes)
    {
        var encoded = new Dictionary<RecordKey, Written>(changes.Count);
        foreach (var change in changes) encoded[change.Key] = Written.Of(change);
        return encoded;
    }

    private bool Fits(Dictionary<RecordKey, Written> own)
    {
        if (_limits == StoreLimits.None) return true;
        const int TheHead = 1;
        return _written.Count + own.Count + TheHead <= _limits.Writes && _bytes + own.Values.Sum(written => written.Size) <= _limits.Bytes;
    }

    private MillException TooLarge(Dictionary<RecordKey, Written> own) =>
        new(MillError.TooLarge, $"This is {own.Count} records and {own.Values.Sum(written => written.Size)} bytes, more than fit. Nothing was written.")
        {
            Hint = $"Do it in several steps: at most {_limits.Writes} records and {_limits.Bytes} bytes fit, with the versions that are replaced.",
        };

    /// <summary>A change as it will be stored, and what it counts for.</summary>
    private readonly record struct Written(StoreWrite Write, long Size)
    {
        public static Written Of(StateChange change)
        {
            var write = new StoreWrite(change.Key.ToString(), change.Record is { } record ? RecordCodec.Encode(record) : null);
            return new(write, StoreLimits.SizeOf(write.Key, write.Value?.Length ?? 0));
        }
    }
}
