using Mill.Testing.Linearizability;

namespace Mill.Testing.Histories;

public enum WatchedKind
{
    Added,
    Rotated,
    Removed,
}

/// <summary>One change that a watcher was told of.</summary>
/// <param name="Revision">The event's id: changes of one revision became visible together.</param>
public sealed record WatchedEvent(WatchedKind Kind, string Name, int Version, long Revision);

/// <summary>What one watcher saw from a moment at which it knew everything, up to a moment at which all was quiet. After a reset, a new one begins.</summary>
/// <param name="Start">The names and current versions at the beginning.</param>
/// <param name="End">A list read after the last write, when the stream had come to its revision; null where nobody waited for that, and the last changes may be missing.</param>
public sealed record WatchedStream(IReadOnlyDictionary<string, int> Start, IReadOnlyList<WatchedEvent> Events, IReadOnlyDictionary<string, int>? End)
{
    /// <summary>The last versions of secrets that had been deleted by the beginning: their numbers go on. Names in neither did not exist.</summary>
    public IReadOnlyDictionary<string, int> Ended { get; init; } = new Dictionary<string, int>();
}

/// <summary>Whether watchers were told everything, once, in the order of the commits, and nothing else.</summary>
public static class WatchCheck
{
    /// <summary>Every fault found; none where the stream is sound.</summary>
    /// <param name="history">All that was done, by everybody.</param>
    /// <param name="mayJoin">True where several changes of one revision, or between two looks, come out as their net effect.</param>
    public static IReadOnlyList<string> Run(IReadOnlyList<Operation<SecretCall, SecretAnswer>> history, WatchedStream stream, bool mayJoin) =>
        [.. InOrder(stream.Events, new(history)), .. WithoutGaps(stream, mayJoin), .. FromSomewhere(stream.Events, history)];

    /// <summary>Revisions rise, and so do the commit times of what they hold.</summary>
    private static IEnumerable<string> InOrder(IReadOnlyList<WatchedEvent> events, VersionFacts facts)
    {
        var (revision, latest, latestHere) = (long.MinValue, 0L, 0L);
        foreach (var told in events)
        {
            if (told.Revision < revision) yield return $"the stream went back from revision {revision}: {told}";
            if (told.Revision > revision) latest = Math.Max(latest, latestHere);
            revision = told.Revision;
            var fact = facts.Find(told.Name, told.Version);
            if ((told.Kind is WatchedKind.Removed ? fact?.To : fact?.From) is not { } instant) continue;
            if (instant <= latest) yield return $"this was committed at {instant}, but what was told in an earlier revision at {latest}: {told}";
            latestHere = Math.Max(latestHere, instant);
        }
    }

    /// <summary>Follows the stream, and holds the view it makes against what was there at the end.</summary>
    private static IEnumerable<string> WithoutGaps(WatchedStream stream, bool mayJoin)
    {
        var view = new SortedDictionary<string, int>(stream.Start.ToDictionary(), StringComparer.Ordinal);
        var last = stream.Start.Concat(stream.Ended).ToDictionary(StringComparer.Ordinal);
        foreach (var told in stream.Events)
        {
            var (current, before) = (view.GetValueOrDefault(told.Name), last.GetValueOrDefault(told.Name));
            var follows = mayJoin ? told.Version > before : told.Version == before + 1;
            var fits = told.Kind switch
            {
                WatchedKind.Added => current == 0 && follows,
                WatchedKind.Rotated => current != 0 && follows,
                _ => current != 0 && told.Version == current,
            };
            if (!fits) yield return $"a watcher that knew {(current == 0 ? "nothing" : $"version {current}")}, and last heard of version {before}, was told {told}";
            last[told.Name] = told.Version;
            if (told.Kind is WatchedKind.Removed) view.Remove(told.Name);
            else view[told.Name] = told.Version;
        }
        if (stream.End is { } end && !view.SequenceEqual(end.OrderBy(pair => pair.Key, StringComparer.Ordinal)))
            yield return $"the stream ends with {string.Join(' ', view)}, but there is {string.Join(' ', end.OrderBy(pair => pair.Key, StringComparer.Ordinal))}";
    }

    /// <summary>Every version told of was written by somebody: acknowledged, or without an answer.</summary>
    private static IEnumerable<string> FromSomewhere(IReadOnlyList<WatchedEvent> events, IReadOnlyList<Operation<SecretCall, SecretAnswer>> history)
    {
        var written = history.SelectMany(operation => WrittenBy(operation.Input, operation.Output)).ToHashSet();
        var unknown = history.Where(operation => operation is { IsUnknown: true, Input.IsWrite: true }).SelectMany(operation => operation.Input.Names).GroupBy(name => name, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);
        var unexplained = events.Where(told => told.Kind is not WatchedKind.Removed && !written.Contains((told.Name, told.Version)));
        foreach (var group in unexplained.GroupBy(told => told.Name, StringComparer.Ordinal))
        {
            var made = group.DistinctBy(told => told.Version).ToList();
            if (made.Count > unknown.GetValueOrDefault(group.Key)) yield return $"nobody wrote all of these: {string.Join(", ", made)}";
        }
    }

    private static IEnumerable<(string Name, int Version)> WrittenBy(SecretCall call, SecretAnswer? answer) => (call, answer) switch
    {
        (SecretCall.Set set, SecretAnswer.Written { Changed: true } written) => [(set.Name, written.Version)],
        (SecretCall.Transact transact, SecretAnswer.Committed committed) => transact.Changes.Zip(committed.Results)
            .Where(pair => pair.First.Value is not null && pair.Second.Changed).Select(pair => (pair.First.Name, pair.Second.Version)),
        _ => [],
    };
}
