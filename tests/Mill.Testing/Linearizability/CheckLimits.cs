namespace Mill.Testing.Linearizability;

/// <summary>How much a check may cost before it gives up: the question is NP-complete, and a test must not hang on it.</summary>
/// <param name="Steps">Tries of one operation in one state, over all parts of the history. Each may keep about 200 bytes.</param>
public sealed record CheckLimits(long Steps, TimeSpan Time)
{
    public static CheckLimits Default { get; } = new(5_000_000, TimeSpan.FromSeconds(60));

    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>What is left of the limits.</summary>
internal sealed class Budget(CheckLimits limits)
{
    private const int StepsBetweenLooks = 1024;

    private readonly long _start = limits.Clock.GetTimestamp();

    public long Steps { get; private set; }

    public bool IsSpent { get; private set; }

    public bool Spend()
    {
        Steps++;
        if (Steps > limits.Steps || (Steps % StepsBetweenLooks == 0 && limits.Clock.GetElapsedTime(_start) > limits.Time)) IsSpent = true;
        return !IsSpent;
    }
}
