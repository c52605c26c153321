using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>What the server cannot hint at, because it does not know that a command line asks.</summary>
internal static class Hints
{
    public static MillException WithHint(this MillException failure, string hint, string? message = null) => new(failure.Error, message ?? failure.Message, failure)
    {
        Hint = hint,
        Problems = failure.Problems,
        CurrentVersion = failure.CurrentVersion,
        RequestId = failure.RequestId,
    };

    /// <summary>A refused token; one that is missing, or of the wrong kind, has been told how to get one.</summary>
    public static MillException ForTerminal(MillException failure) =>
        !IsOfGitHub(failure) && failure is { Error: MillError.Unauthenticated, Hint: not (Words.NoTokenHint or Words.NewJoinTokenHint or Words.JoinTokenIsNoAccessHint) } ? failure.WithHint(Words.TokenRefusedHint) : failure;

    // Its token is another one, and what is said of it names the variable.
    private static bool IsOfGitHub(MillException failure) => failure.Hint?.Contains("GH_PAT", StringComparison.Ordinal) is true;
}
