using Mill.Testing.Linearizability;

namespace Mill.Tests.Testing.Linearizability;

/// <summary>The question taken by its word: every order that keeps what came before what, with every choice of the unknown ones. No memory, no parts, no short cuts.</summary>
internal static class BruteForce
{
    public static bool IsLinearizable<TState, TInput, TOutput>(IModel<TState, TInput, TOutput> model, IReadOnlyList<Operation<TInput, TOutput>> history)
        where TState : class, IEquatable<TState>
        where TOutput : class
    {
        return CanGoOn(model.Initial, [.. history]);

        bool CanGoOn(TState state, List<Operation<TInput, TOutput>> left)
        {
            if (left.All(operation => operation.IsUnknown)) return true;
            foreach (var next in left)
            {
                if (left.Any(other => other.Precedes(next)) || model.Step(state, next.Input, next.Output) is not { } after) continue;
                if (CanGoOn(after, [.. left.Where(other => !ReferenceEquals(other, next))])) return true;
            }
            return false;
        }
    }
}
