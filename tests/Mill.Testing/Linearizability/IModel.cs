namespace Mill.Testing.Linearizability;

/// <summary>
/// What a thing that is used by one client at a time does: the measure for what many see at once. States are immutable, and equal states have the same future.
/// </summary>
public interface IModel<TState, TInput, TOutput>
    where TState : class, IEquatable<TState>
    where TOutput : class
{
    TState Initial { get; }

    /// <summary>The independent parts of the state that an operation looks at or changes. Operations without a common part, in any number of steps, are checked apart.</summary>
    IEnumerable<string> PartsOf(TInput input);

    /// <summary>
    /// The state after an operation that was answered so; null where the model would have answered otherwise. With no output the answer never came, and the model says what the
    /// operation would have done: never null then, and the very same state where nothing.
    /// </summary>
    TState? Step(TState state, TInput input, TOutput? output);

    /// <summary>True where no state from here on can give this answer any more. To say so early saves much search; to say it wrongly condemns histories that are sound.</summary>
    bool IsLost(TState state, TInput input, TOutput output) => false;

    string Describe(TState state);

    /// <summary>What the model would answer, for the report.</summary>
    string Expect(TState state, TInput input);
}
