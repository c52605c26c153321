using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Exports;

/// <summary>What became of a request for secrets.</summary>
/// <param name="Run">What the source made of it; null where no run was found.</param>
public sealed record RequestReport(IReadOnlyList<RequestedSecret> Secrets, WorkflowRun? Run)
{
    /// <summary>What could not be read at the last look; null for nothing.</summary>
    public MillException? Failure { get; init; }

    public bool IsComplete => Secrets.All(secret => secret.State is RequestState.Arrived);
}

/// <param name="Reason">Why it did not arrive; null where it did.</param>
public sealed record RequestedSecret(string Name, RequestState State, string? Reason);

public enum RequestState
{
    /// <summary>It is there, written after it was asked for.</summary>
    Arrived,

    /// <summary>The run at the source ended otherwise than well.</summary>
    Failed,

    /// <summary>It did not come in time, and nobody said that it will not.</summary>
    TimedOut,
}
