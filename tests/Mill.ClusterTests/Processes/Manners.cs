using Xunit;

namespace Mill.ClusterTests.Processes;

/// <summary>How a command speaks when it fails.</summary>
internal static class Manners
{
    /// <summary>A failure says what is wrong and what to do, in two lines, and never how the program is built inside.</summary>
    public static void Require(MillDidNotStartException refusal, int exitCode, params string[] named)
    {
        Assert.True(refusal.ExitCode == exitCode, $"The exit code is {refusal.ExitCode}, not {exitCode}: {refusal.Errors}");
        RequireNoTrace(refusal.Errors);
        Assert.Contains("error: ", refusal.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", refusal.Errors, StringComparison.Ordinal);
        Assert.All(named, name => Assert.Contains(name, refusal.Errors, StringComparison.Ordinal));
    }

    public static void RequireNoTrace(string errors)
    {
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled exception", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception:", errors, StringComparison.Ordinal);
    }
}
