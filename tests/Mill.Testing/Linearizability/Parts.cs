namespace Mill.Testing.Linearizability;

/// <summary>Divides a history into what has nothing to do with each other (union-find over the names of the parts).</summary>
internal static class Parts
{
    /// <summary>The smallest first: a fault is then found soonest.</summary>
    public static List<List<T>> Of<T>(IEnumerable<T> operations, Func<T, IEnumerable<string>> namesOf)
    {
        var parents = new Dictionary<string, string>(StringComparer.Ordinal);
        var named = operations.Select(operation => (Operation: operation, Names: namesOf(operation).ToList())).ToList();
        foreach (var (_, names) in named)
        {
            if (names.Count == 0) throw new ArgumentException("An operation without a part would be checked against nothing.", nameof(namesOf));
            foreach (var name in names) parents[RootOf(parents, name)] = RootOf(parents, names[0]);
        }
        return [.. named.GroupBy(item => RootOf(parents, item.Names[0]), item => item.Operation).Select(group => group.ToList()).OrderBy(part => part.Count)];
    }

    private static string RootOf(Dictionary<string, string> parents, string name)
    {
        var root = name;
        while (parents.TryGetValue(root, out var parent) && parent != root) root = parent;
        // Every name on the way now points to the root, so that long chains are walked once.
        while (name != root)
        {
            var parent = parents[name];
            parents[name] = root;
            name = parent;
        }
        parents.TryAdd(root, root);
        return root;
    }
}
