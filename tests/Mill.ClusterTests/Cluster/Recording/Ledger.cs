using Mill.Testing.Histories;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>
/// Counts what was written against what is there in the end. The checker of histories says all of this, too; but this can be understood in a minute, and so stands for itself.
/// </summary>
internal static class Ledger
{
    /// <summary>Every fault found; none where each acknowledged version is there, once, and nothing is there that nobody asked for.</summary>
    /// <param name="final">The versions of each secret in the end: of every one that was written to, unless it is gone.</param>
    public static IEnumerable<string> Check(IReadOnlyList<Operation> history, IReadOnlyDictionary<string, IReadOnlyList<SeenVersion>> final)
    {
        var made = history.SelectMany(Made).ToList();
        // A secret of which nothing is left is in no list of what there is.
        foreach (var name in made.Select(version => version.Name).Union(final.Keys, StringComparer.Ordinal))
        {
            var versions = final.GetValueOrDefault(name) ?? [];
            var acknowledged = made.Where(version => version.Name == name).ToList();
            foreach (var lost in acknowledged.Where(version => !versions.Any(seen => seen.Number == version.Number && seen.ValidFrom == version.From))) yield return $"lost: {lost}";
            foreach (var doubled in acknowledged.GroupBy(version => version.Number).Where(group => group.Select(version => version.Write).Distinct(StringComparer.Ordinal).Count() > 1))
                yield return $"one version for two writes: {string.Join(" and ", doubled)}";
            foreach (var twice in acknowledged.Where(version => version.Key is not null).GroupBy(version => version.Key).Where(group => group.Select(version => version.Number).Distinct().Count() > 1))
                yield return $"a key that was applied twice: {string.Join(" and ", twice)}";
            var answered = acknowledged.Select(version => version.Write).ToHashSet(StringComparer.Ordinal);
            var open = history.Where(operation => operation is { IsUnknown: true, Input: SecretCall.Set or SecretCall.Transact } && operation.Input.Names.Contains(name)).Select(WriteOf)
                .Where(write => !answered.Contains(write)).Distinct(StringComparer.Ordinal).Count();
            if (versions.Count > answered.Count + open) yield return $"{name} has {versions.Count} versions, but only {answered.Count} were acknowledged and {open} may be there";
            if (!versions.Select(seen => seen.Number).Order().SequenceEqual(Enumerable.Range(1, versions.Count))) yield return $"the versions of {name} are not numbered from 1: {string.Join(' ', versions)}";
        }
    }

    private static IEnumerable<MadeVersion> Made(Operation operation) => (operation.Input, operation.Output) switch
    {
        (SecretCall.Set set, SecretAnswer.Written { Changed: true } written) => [new(set.Name, written.Version, written.ValidFrom, set.Key, WriteOf(operation))],
        (SecretCall.Transact transact, SecretAnswer.Committed committed) => transact.Changes.Zip(committed.Results).Where(pair => pair.First.Value is not null && pair.Second.Changed)
            .Select(pair => new MadeVersion(pair.First.Name, pair.Second.Version, committed.ValidFrom, transact.Key, WriteOf(operation))),
        _ => [],
    };

    /// <summary>What was sent again with the same key is one write.</summary>
    private static string WriteOf(Operation operation) => operation.Input.Key ?? $"{operation.Client} {operation.Invoked}";

    private sealed record MadeVersion(string Name, int Number, long? From, string? Key, string Write);
}
