using Mill.Core.Model;

namespace Mill.Core.Ports;

/// <summary>What is too much for one commit, in portions.</summary>
public static class CommitPortion
{
    private const int OtherWrites = 2; // the head record, and an answer that is remembered
    private const int OtherBytes = 4096;

    /// <summary>How many writes a command may come to, so that they fit into one commit as far as their number goes.</summary>
    public static int Room(StoreLimits limits) => Math.Max(1, limits.Writes - OtherWrites);

    /// <summary>The first of these changes, as many as fit into one commit together. Always one, if there is any: a change that does not fit alone is refused where it is committed.</summary>
    public static IReadOnlyList<StateChange> TakeFitting(this IReadOnlyList<StateChange> changes, StoreLimits limits)
    {
        if (limits == StoreLimits.None) return changes;
        var (most, room) = (Math.Min(changes.Count, Room(limits)), limits.Bytes - OtherBytes);
        var count = 0;
        while (count < most && (room -= SizeOf(changes[count])) >= 0) count++;
        return count == changes.Count ? changes : [.. changes.Take(Math.Max(1, count))];
    }

    private static long SizeOf(StateChange change) => StoreLimits.SizeOf(change.Key.ToString(), change.Record is { } record ? RecordCodec.Encode(record).Length : 0);
}
