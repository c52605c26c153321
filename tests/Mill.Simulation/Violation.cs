namespace Mill.Simulation;

/// <summary>Something was seen that must never be.</summary>
internal sealed class Violation(string message) : Exception(message)
{
    public static void Unless(bool holds, string message)
    {
        if (!holds) throw new Violation(message);
    }
}
