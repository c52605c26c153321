namespace Mill.Testing.Linearizability;

/// <summary>One operation of one client, from the moment before it was sent to the moment after it was answered.</summary>
/// <param name="Output">Null where no answer came: it took effect at some time after its invocation, or never.</param>
/// <param name="Invoked">In units of any one monotonic clock.</param>
/// <param name="Responded">On the same clock; <see cref="Never"/> without an answer.</param>
public sealed record Operation<TInput, TOutput>(int Client, TInput Input, TOutput? Output, long Invoked, long Responded)
    where TOutput : class
{
    public const long Never = long.MaxValue;

    public bool IsUnknown => Output is null;

    /// <summary>True where it was over before the other began. Equal readings of a clock count as overlapping.</summary>
    public bool Precedes(Operation<TInput, TOutput> other) => !IsUnknown && Responded < other.Invoked;

    public override string ToString() => $"client {Client}: {Input} -> {(IsUnknown ? "unknown" : Output)}";
}
