namespace Mill.Benchmarks.Report;

/// <summary>One line of the table.</summary>
/// <param name="Against">What it was measured against in the same run, if anything.</param>
/// <param name="Bar">What is asked of it; empty where it is only for information.</param>
/// <param name="Passed">Null where nothing is asked.</param>
internal sealed record Finding(string Scenario, string What, string Measured, string Against = "", string Bar = "", bool? Passed = null)
{
    public string Verdict => Passed switch { true => "pass", false => "**FAIL**", null => "" };
}
