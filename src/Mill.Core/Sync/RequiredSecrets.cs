using Mill.Secrets;

namespace Mill.Core.Sync;

/// <summary>What is needed, all in all, where some names bring others along.</summary>
public static class RequiredSecrets
{
    /// <summary>
    /// Each name once for each environment, in the order in which they are met: what is asked for, then what that brings, and what those bring. A group may lead back to itself.
    /// Throws <see cref="MillError.InvalidName"/> with all the names that GitHub does not take.
    /// </summary>
    /// <param name="groups">By name, in any case: the others that are needed with it.</param>
    public static IReadOnlyList<RequiredSecret> Of(IEnumerable<SecretUse> uses, IReadOnlyDictionary<string, IReadOnlyList<string>> groups)
    {
        var problems = new List<MillProblem>();
        var brought = new Dictionary<string, List<string>>();
        foreach (var (name, members) in groups)
        {
            if (Normalize(name, null, problems) is not { } group) continue;
            if (!brought.TryGetValue(group, out var known)) brought[group] = known = [];
            foreach (var member in members)
            {
                if (Normalize(member, null, problems) is { } normal) known.Add(normal);
            }
        }
        var found = new Dictionary<(string, JobEnvironment?), Entry>();
        var queue = new Queue<Entry>();
        foreach (var use in uses)
        {
            if (Normalize(use.Name, use.Place, problems) is not { } name) continue;
            var entry = Meet(new(name, use.Environment, null), found, queue);
            if (use.Place is not null && !entry.Places.Contains(use.Place)) entry.Places.Add(use.Place);
        }
        while (queue.TryDequeue(out var entry))
        {
            foreach (var name in brought.GetValueOrDefault(entry.Name) ?? [])
            {
                var other = Meet(new(name, entry.Environment, entry.Name), found, queue);
                // What somebody wrote down has a place of its own.
                if (other.BroughtBy == entry.Name) other.Places.AddRange(entry.Places.Except(other.Places));
            }
        }
        if (problems.Count > 0) throw new MillException(MillError.InvalidName, problems.Count is 1 ? "GitHub does not take the name of a secret." : $"GitHub does not take {problems.Count} names of secrets.") { Problems = problems };
        return [.. found.Values.Select(entry => new RequiredSecret(entry.Name, entry.Environment, entry.BroughtBy, entry.Places))];
    }

    private static Entry Meet(Entry entry, Dictionary<(string, JobEnvironment?), Entry> found, Queue<Entry> queue)
    {
        if (!found.TryAdd((entry.Name, entry.Environment), entry)) return found[(entry.Name, entry.Environment)];
        queue.Enqueue(entry);
        return entry;
    }

    private static string? Normalize(string name, SourcePlace? place, List<MillProblem> problems)
    {
        var normal = GitHubSecretName.Normalize(name, out var reason);
        if (normal is null) problems.Add(new(MillError.InvalidName.ToCode(), $"\"{name}\": {reason}.") { Name = name, File = place?.File, Line = place?.Line, Column = place?.Column });
        return normal;
    }

    private sealed record Entry(string Name, JobEnvironment? Environment, string? BroughtBy)
    {
        public List<SourcePlace> Places { get; } = [];
    }
}
