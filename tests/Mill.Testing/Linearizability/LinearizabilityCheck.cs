namespace Mill.Testing.Linearizability;

/// <summary>
/// Whether what many clients saw could have come from one thing that does one operation after another, each at some moment between its invocation and its answer (Herlihy and Wing, 1990).
/// </summary>
public static class LinearizabilityCheck
{
    /// <summary>Checks every independent part by itself: the whole is linearizable exactly if each of them is.</summary>
    public static CheckResult Run<TState, TInput, TOutput>(IModel<TState, TInput, TOutput> model, IEnumerable<Operation<TInput, TOutput>> history, CheckLimits? limits = null)
        where TState : class, IEquatable<TState>
        where TOutput : class
    {
        var budget = new Budget(limits ?? CheckLimits.Default);
        var parts = Parts.Of(history, operation => model.PartsOf(operation.Input));
        var verdict = Verdict.Linearizable;
        foreach (var part in parts)
        {
            var search = new Search<TState, TInput, TOutput>(model, part, budget);
            var found = search.Run();
            if (found is Verdict.NotLinearizable) return new(found, budget.Steps, parts.Count, search.Explain());
            if (found is Verdict.Undecided) verdict = found;
        }
        return new(verdict, budget.Steps, parts.Count);
    }
}
