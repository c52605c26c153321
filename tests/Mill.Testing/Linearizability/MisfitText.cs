namespace Mill.Testing.Linearizability;

/// <summary>Says where a history stops to make sense.</summary>
internal static class MisfitText
{
    private const int ShownOfPrefix = 8;
    private const int ShownByTime = 24;

    public static Misfit Of<TState, TInput, TOutput>(
        IModel<TState, TInput, TOutput> model, List<Operation<TInput, TOutput>> order, int length, Operation<TInput, TOutput>[] known, TState state)
        where TState : class, IEquatable<TState>
        where TOutput : class
    {
        var inOrder = new HashSet<Operation<TInput, TOutput>>(order, ReferenceEqualityComparer.Instance);
        var left = known.Where(operation => !inOrder.Contains(operation)).ToList();
        var blocked = left.MinBy(operation => operation.Responded)!;
        var candidates = left.Where(operation => operation.Invoked <= blocked.Responded).ToList();
        var shown = order.TakeLast(ShownOfPrefix).Concat(candidates).DistinctBy(operation => (operation.Invoked, operation.Client)).OrderBy(operation => operation.Invoked).Take(ShownByTime);
        return new(
            length,
            known.Length,
            [.. order.TakeLast(ShownOfPrefix).Select(operation => operation.ToString())],
            model.Describe(state),
            blocked.ToString(),
            [.. candidates.Select(operation => $"{operation}, but here the answer is {model.Expect(state, operation.Input)}")],
            Timeline.Of([.. shown.Select(operation => (operation.Invoked, operation.Responded, (operation == blocked ? "! " : "  ") + operation))]));
    }
}
