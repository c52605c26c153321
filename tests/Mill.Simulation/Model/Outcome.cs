using Mill.Secrets;

namespace Mill.Simulation.Model;

/// <summary>What an operation comes to: the state after it, and the answer as text.</summary>
internal sealed record Outcome(ModelState State, string Text)
{
    public static Outcome Refused(ModelState state, MillError error) => new(state, Failure(error));

    public static string Failure(MillError error) => $"!{error}";

    public bool IsRefused => Text.StartsWith('!');
}
