using Mill.Testing.Linearizability;

namespace Mill.Testing.Histories;

/// <summary>
/// Time, over a whole history, whatever its parts: versions have one beginning, one end and one value, whoever tells of them; commit times rise with the real order of the writes;
/// and a read at a moment answers what was current at that moment, for ever.
/// </summary>
public static class PointInTimeCheck
{
    /// <summary>Every fault found; none where the history is sound.</summary>
    public static IReadOnlyList<string> Run(IReadOnlyList<Operation<SecretCall, SecretAnswer>> history)
    {
        var (facts, times) = (new VersionFacts(history), new CommitTimes(history));
        var reads = history.Where(operation => operation is { Input: SecretCall.GetAt, Output: SecretAnswer.Found or SecretAnswer.NotFound })
            .Select(operation => new Read((SecretCall.GetAt)operation.Input, (operation.Output as SecretAnswer.Found)?.Version, operation)).ToList();
        return
        [
            .. facts.Faults,
            .. times.Faults(),
            .. reads.GroupBy(read => read.Call.Name, StringComparer.Ordinal).SelectMany(group => Contradictions(group.OrderBy(read => read.Call.Moment))),
            .. reads.GroupBy(read => read.Call.Name, StringComparer.Ordinal).SelectMany(group => Untruths(group, facts, [.. times.DeletionsOf(group.Key)])),
            .. reads.Where(read => times.EarliestAfter(read.Operation.Responded) <= read.Call.Moment)
                .Select(read => $"something was committed at or before the moment of this read, and began after its answer: {read.Operation}"),
        ];
    }

    /// <summary>Answers that do not go together: the same moment twice, or a later moment with an earlier version.</summary>
    private static IEnumerable<string> Contradictions(IEnumerable<Read> byMoment)
    {
        Read? before = null;
        Read? found = null;
        foreach (var read in byMoment)
        {
            if (before is not null && before.Call.Moment == read.Call.Moment && before.Seen?.Number != read.Seen?.Number)
                yield return $"the same moment has two answers: {before.Operation}, and {read.Operation}";
            if (found is not null && read.Seen?.Number < found.Seen!.Number) yield return $"a later moment has an earlier version: {found.Operation}, and {read.Operation}";
            before = read;
            if (read.Seen is not null) found = read;
        }
    }

    /// <summary>Answers that are not what was current at their moment.</summary>
    private static IEnumerable<string> Untruths(IEnumerable<Read> reads, VersionFacts facts, List<Deletion> deletions)
    {
        foreach (var read in reads)
        {
            var (moment, latest) = (read.Call.Moment, facts.LatestBegun(read.Call.Name, read.Call.Moment));
            if (read.Seen is { } seen)
            {
                if (seen.ValidFrom > moment || seen.ValidTo <= moment) yield return $"this version is not valid at that moment: {read.Operation}";
                if (latest?.Number > seen.Number) yield return $"version {latest?.Number} {latest?.Fact} had begun by then: {read.Operation}";
                if (deletions.Any(deletion => deletion.IsSure && deletion.Earliest > seen.ValidFrom && deletion.Latest <= moment))
                    yield return $"this version had been deleted by then: {read.Operation}";
            }
            else if (latest is { } begun && (begun.Fact.To > moment || !deletions.Any(deletion => deletion.Latest > begun.Fact.From && deletion.Earliest <= moment)))
            {
                yield return $"version {begun.Number} {begun.Fact} was valid then: {read.Operation}";
            }
        }
    }

    private sealed record Read(SecretCall.GetAt Call, SeenVersion? Seen, Operation<SecretCall, SecretAnswer> Operation);
}
