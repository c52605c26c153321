using Mill.Testing.Linearizability;

namespace Mill.Testing.Histories;

/// <summary>Everything that anybody was told about the versions of secrets, over a whole history, whatever the order. Contradictions are faults.</summary>
internal sealed class VersionFacts
{
    private readonly Dictionary<string, SortedDictionary<int, Fact>> _facts = new(StringComparer.Ordinal);
    private readonly List<string> _faults = [];

    public VersionFacts(IEnumerable<Operation<SecretCall, SecretAnswer>> history)
    {
        foreach (var operation in history.Where(operation => !operation.IsUnknown))
        {
            foreach (var (name, number, told) in ToldBy(operation.Input, operation.Output!)) Add(operation, name, number, told);
        }
        foreach (var (name, versions) in _facts) CheckOrder(name, versions);
    }

    public IReadOnlyList<string> Faults => _faults;

    public Fact? Find(string name, int number) => _facts.GetValueOrDefault(name)?.GetValueOrDefault(number);

    /// <summary>The latest version that is known to have begun by a moment.</summary>
    public (int Number, Fact Fact)? LatestBegun(string name, long moment)
    {
        (int, Fact)? latest = null;
        foreach (var (number, fact) in _facts.GetValueOrDefault(name) ?? [])
        {
            if (fact.From <= moment) latest = (number, fact);
        }
        return latest;
    }

    private void Add(Operation<SecretCall, SecretAnswer> operation, string name, int number, Fact told)
    {
        if (!_facts.TryGetValue(name, out var versions)) _facts[name] = versions = [];
        if (!versions.TryGetValue(number, out var known))
        {
            versions[number] = told;
            return;
        }
        if (Differ(known.From, told.From) || Differ(known.To, told.To) || (known.Value is not null && told.Value is not null && known.Value != told.Value))
            _faults.Add($"version {number} of {name} was told as {known}, and now as {told}: {operation}");
        versions[number] = new(known.From ?? told.From, known.To ?? told.To, known.Value ?? told.Value);
    }

    private void CheckOrder(string name, SortedDictionary<int, Fact> versions)
    {
        (int Number, Fact Fact)? before = null;
        foreach (var (number, fact) in versions)
        {
            if (fact.To <= fact.From) _faults.Add($"version {number} of {name} ends before it begins: {fact}");
            if (before is { } earlier && (earlier.Fact.To > fact.From || earlier.Fact.From >= fact.From))
                _faults.Add($"version {number} of {name}, {fact}, overlaps version {earlier.Number}, {earlier.Fact}");
            before = (number, fact);
        }
    }

    private static IEnumerable<(string Name, int Number, Fact Told)> ToldBy(SecretCall call, SecretAnswer answer) => (call, answer) switch
    {
        (SecretCall.Set set, SecretAnswer.Written written) => [(set.Name, written.Version, new(written.ValidFrom, To: null, set.Value))],
        (SecretCall.Transact transact, SecretAnswer.Committed committed) => transact.Changes.Zip(committed.Results, (change, result) => (change.Name, result.Version, change.Value is null
            ? new Fact(From: null, committed.ValidFrom, Value: null)
            : new Fact(result.Changed ? committed.ValidFrom : null, To: null, change.Value))),
        (_, SecretAnswer.Found found) => [(call.Names.First(), found.Version.Number, new(found.Version.ValidFrom, found.Version.ValidTo, found.Value))],
        (_, SecretAnswer.Versions versions) => versions.NewestFirst.Select(version => (call.Names.First(), version.Number, new Fact(version.ValidFrom, version.ValidTo, Value: null))),
        _ => [],
    };

    private static bool Differ(long? left, long? right) => left is not null && right is not null && left != right;
}

/// <summary>What is known of a version; null where nobody was told.</summary>
internal sealed record Fact(long? From, long? To, string? Value)
{
    public override string ToString() => $"{Value ?? "?"} [{From.Or("?")}, {To.Or("?")})";
}
