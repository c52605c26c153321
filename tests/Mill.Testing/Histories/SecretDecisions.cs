namespace Mill.Testing.Histories;

/// <summary>What docs/model.md promises that one request does by itself, and is answered.</summary>
internal static class SecretDecisions
{
    /// <param name="instant">The commit time of a write, where it is known.</param>
    public static (SecretsState State, SecretAnswer Answer) Decide(SecretsState state, SecretCall call, long? instant)
    {
        if (call is { Key: { } key, IsWrite: true })
        {
            var text = call.ToString();
            if (state.Remembered(key) is { } remembered) return (state, remembered.Call == text ? remembered.Answer : new SecretAnswer.KeyMismatch());
            var (next, answer) = DecideAnew(state, call, instant);
            // A refusal is not remembered: nothing was applied.
            return (answer is SecretAnswer.NotFound or SecretAnswer.PreconditionFailed ? next : next.Remember(key, text, answer), answer);
        }
        return DecideAnew(state, call, instant);
    }

    private static (SecretsState State, SecretAnswer Answer) DecideAnew(SecretsState state, SecretCall call, long? instant) => call switch
    {
        SecretCall.Set set => Set(state, set, instant),
        SecretCall.Delete delete => Delete(state, delete, instant),
        SecretCall.Transact transact => Transact(state, transact, instant),
        SecretCall.Get get => (state, state.Current(get.Name) is { } current ? new SecretAnswer.Found(current.See(next: null), current.Value) : new SecretAnswer.NotFound()),
        SecretCall.GetVersion get => (state, state.Find(get.Name) is { } chain && chain.SeeVersion(get.Version) is { } seen ? new SecretAnswer.Found(seen, chain.Find(get.Version)!.Value) : new SecretAnswer.NotFound()),
        SecretCall.History history => (state, state.Find(history.Name) is { } chain ? new SecretAnswer.Versions([.. chain.NewestFirst().Take(history.Limit)]) : new SecretAnswer.NotFound()),
        _ => throw new ArgumentException($"The model does not know this: {call}", nameof(call)),
    };

    private static (SecretsState State, SecretAnswer Answer) Set(SecretsState state, SecretCall.Set set, long? instant)
    {
        var current = state.Current(set.Name);
        if (!Holds(set.Condition, current)) return (state, new SecretAnswer.PreconditionFailed(current?.Number));
        if (current?.Value == set.Value && !set.Force) return (state, new SecretAnswer.Written(current.Number, current.From, Changed: false, Created: false));
        var next = VersionChain.Append(state.Find(set.Name), set.Value, instant);
        return (state.With(set.Name, next, instant), new SecretAnswer.Written(next.Number, instant, Changed: true, Created: current is null));
    }

    private static (SecretsState State, SecretAnswer Answer) Delete(SecretsState state, SecretCall.Delete delete, long? instant)
    {
        if (state.Current(delete.Name) is not { } current) return (state, new SecretAnswer.NotFound());
        if (!Holds(delete.Condition, current)) return (state, new SecretAnswer.PreconditionFailed(current.Number));
        return (state.With(delete.Name, current.Delete(instant), instant), new SecretAnswer.Deleted());
    }

    private static (SecretsState State, SecretAnswer Answer) Transact(SecretsState state, SecretCall.Transact transact, long? instant)
    {
        var changes = transact.Changes;
        if (changes.Any(change => change is { Value: null, Condition.IfVersion: null } && state.Current(change.Name) is null)) return (state, new SecretAnswer.NotFound());
        var failed = changes.Index().Where(pair => !Holds(pair.Item.Condition, state.Current(pair.Item.Name))).Select(pair => pair.Index).ToList();
        if (failed.Count > 0) return (state, new SecretAnswer.PreconditionFailed(Current: null, string.Join(',', failed)));
        var (next, results) = (state, new List<ChangeAnswer>());
        foreach (var change in changes)
        {
            var current = state.Current(change.Name);
            var isChanged = change.Value is null || current?.Value != change.Value;
            if (isChanged) next = next.With(change.Name, change.Value is { } value ? VersionChain.Append(state.Find(change.Name), value, instant) : current!.Delete(instant), instant);
            results.Add(new(next.Find(change.Name)!.Number, isChanged));
        }
        return (next, new SecretAnswer.Committed(results, results.Any(result => result.Changed) ? instant : SinceWhen(state, changes)));
    }

    /// <summary>Nothing changed: the instant since when all of it is so.</summary>
    private static long? SinceWhen(SecretsState state, IReadOnlyList<Change> changes)
    {
        var instants = changes.Select(change => state.Current(change.Name)!.From).ToList();
        return instants.Contains(null) ? null : instants.Max();
    }

    private static bool Holds(Condition condition, VersionChain? current) =>
        !(condition.IfAbsent && current is not null) && (condition.IfVersion is not { } wanted || current?.Number == wanted);
}
