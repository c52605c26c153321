using System.Text;

namespace Mill.Testing.Linearizability;

public enum Verdict
{
    Linearizable,
    NotLinearizable,

    /// <summary>The limits were reached first: nothing is said.</summary>
    Undecided,
}

/// <summary>What a check came to.</summary>
/// <param name="Steps">What it cost.</param>
/// <param name="Parts">How many independent parts the history had.</param>
/// <param name="Misfit">Where it is not linearizable: how far it is, and what does not fit.</param>
public sealed record CheckResult(Verdict Verdict, long Steps, int Parts, Misfit? Misfit = null)
{
    public override string ToString() => $"{Verdict} after {Steps} steps over {Parts} parts{(Misfit is null ? "" : $"\n{Misfit}")}";
}

/// <summary>The place up to which a history can be put in an order, and what stands in the way there. All as text: it is for people.</summary>
/// <param name="Length">How many answered operations were put in an order.</param>
/// <param name="Of">How many there are.</param>
/// <param name="Prefix">The end of that order.</param>
/// <param name="State">The state after it.</param>
/// <param name="Blocked">The operation that was answered first of those left, and so has to come next or soon.</param>
/// <param name="Candidates">Every operation that could come next, with what the model would have answered.</param>
/// <param name="Timeline">The operations around that place, by time.</param>
public sealed record Misfit(int Length, int Of, IReadOnlyList<string> Prefix, string State, string Blocked, IReadOnlyList<string> Candidates, string Timeline)
{
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(null, $"{Length} of {Of} answered operations can be put in an order; it ends with\n");
        foreach (var operation in Prefix) text.Append(null, $"  {operation}\n");
        text.Append(null, $"and leaves {State}\nThen this does not fit:\n  {Blocked}\nWhat could come next:\n");
        foreach (var candidate in Candidates) text.Append(null, $"  {candidate}\n");
        return text.Append(Timeline).ToString();
    }
}
