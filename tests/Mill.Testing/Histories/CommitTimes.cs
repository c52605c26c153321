using Mill.Testing.Linearizability;

namespace Mill.Testing.Histories;

/// <summary>The commit times that writes were answered with, against the real order of those writes; and what that order says of writes that were told no time.</summary>
internal sealed class CommitTimes
{
    private readonly List<Write> _writes;
    private readonly (long Responded, long Latest)[] _latestBefore; // by answer: the latest commit time of those answered up to then
    private readonly (long Invoked, long Earliest)[] _earliestAfter; // by invocation: the earliest commit time of those begun from then on

    public CommitTimes(IEnumerable<Operation<SecretCall, SecretAnswer>> history)
    {
        _writes = [.. Writes(history)];
        var timed = _writes.Where(write => write.Instant is not null).ToList();
        _latestBefore = [.. timed.OrderBy(write => write.Responded).Select(write => (write.Responded, write.Instant!.Value))];
        for (var i = 1; i < _latestBefore.Length; i++) _latestBefore[i].Latest = Math.Max(_latestBefore[i].Latest, _latestBefore[i - 1].Latest);
        _earliestAfter = [.. timed.OrderBy(write => write.Invoked).Select(write => (write.Invoked, write.Instant!.Value))];
        for (var i = _earliestAfter.Length - 2; i >= 0; i--) _earliestAfter[i].Earliest = Math.Min(_earliestAfter[i].Earliest, _earliestAfter[i + 1].Earliest);
    }

    /// <summary>Every write has an instant of its own, and one that was over before another began has the earlier one.</summary>
    public IEnumerable<string> Faults()
    {
        Write? before = null;
        Write? latestBegun = null;
        foreach (var write in _writes.Where(write => write.Instant is not null).OrderBy(write => write.Instant))
        {
            if (before?.Instant == write.Instant) yield return $"two writes have the commit time {write.Instant}: {before!.Operation}, and {write.Operation}";
            if (latestBegun is not null && latestBegun.Invoked > write.Responded)
                yield return $"this was over before the other began, but has the later commit time: {write.Operation}, and {latestBegun.Operation}";
            before = write;
            if (latestBegun is null || write.Invoked > latestBegun.Invoked) latestBegun = write;
        }
    }

    /// <summary>The earliest commit time of any write that began after a moment of the test's own clock.</summary>
    public long EarliestAfter(long moment)
    {
        var (low, high) = (0, _earliestAfter.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _earliestAfter[middle].Invoked > moment ? (low, middle) : (middle + 1, high);
        }
        return low < _earliestAfter.Length ? _earliestAfter[low].Earliest : long.MaxValue;
    }

    /// <summary>When a secret may have been deleted, and whether it surely was.</summary>
    public IEnumerable<Deletion> DeletionsOf(string name)
    {
        foreach (var write in _writes)
        {
            var isDeletion = write.Operation.Input switch
            {
                SecretCall.Delete delete => delete.Name == name && write.Operation.Output is null or SecretAnswer.Deleted,
                SecretCall.Transact transact => write.Operation.Output is null or SecretAnswer.Committed && transact.Changes.Any(change => change.Name == name && change.Value is null),
                _ => false,
            };
            if (!isDeletion || !write.Operation.Input.Names.Contains(name)) continue;
            yield return write.Instant is { } instant
                ? new(instant, instant, IsSure: true)
                : new(LatestBefore(write.Invoked) + 1, write.Responded == long.MaxValue ? long.MaxValue : EarliestAfter(write.Responded) - 1, !write.Operation.IsUnknown);
        }
    }

    private long LatestBefore(long moment)
    {
        var (low, high) = (0, _latestBefore.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _latestBefore[middle].Responded < moment ? (middle + 1, high) : (low, middle);
        }
        return low > 0 ? _latestBefore[low - 1].Latest : 0;
    }

    /// <summary>Each write once: those with the same key are one write, which took place after the first was sent and before the first answer.</summary>
    private static IEnumerable<Write> Writes(IEnumerable<Operation<SecretCall, SecretAnswer>> history)
    {
        var writes = history.Where(operation => operation.Input.IsWrite).ToList();
        foreach (var operation in writes.Where(operation => operation.Input.Key is null)) yield return new(operation, operation.Invoked, operation.Responded, InstantOf(operation.Output));
        foreach (var same in writes.Where(operation => operation.Input.Key is not null).GroupBy(operation => operation.Input.ToString(), StringComparer.Ordinal))
        {
            // A refusal says nothing of the others with its key: any of them may be the one that was applied.
            var applied = same.Where(operation => operation.Output is not (SecretAnswer.PreconditionFailed or SecretAnswer.NotFound or SecretAnswer.KeyMismatch)).ToList();
            if (applied.Count == 0) continue;
            var first = applied.MinBy(operation => operation.Responded)!;
            yield return new(first, same.Min(operation => operation.Invoked), first.Responded, InstantOf(first.Output));
        }
    }

    private static long? InstantOf(SecretAnswer? answer) => answer switch
    {
        SecretAnswer.Written { Changed: true } written => written.ValidFrom,
        SecretAnswer.Committed committed when committed.Results.Any(result => result.Changed) => committed.ValidFrom,
        _ => null,
    };

    private sealed record Write(Operation<SecretCall, SecretAnswer> Operation, long Invoked, long Responded, long? Instant);
}

/// <summary>A deletion, at an instant from <paramref name="Earliest"/> to <paramref name="Latest"/>.</summary>
/// <param name="IsSure">False where it was never answered, and so may not have happened.</param>
internal readonly record struct Deletion(long Earliest, long Latest, bool IsSure);
