namespace Mill.Testing.GitHub;

/// <summary>
/// A workflow that <c>repository_dispatch</c> begins, for <see cref="FakeRepository.AddWorkflow"/>. As it is, it plays an export workflow: it takes the names in <c>secret_name</c> and <c>secrets</c> of the payload and sets
/// those that it has in <c>target_repo</c>, or in its environment <c>target_environment</c>. A repository without one takes the event all the same, and nothing runs.
/// </summary>
public sealed record FakeWorkflow
{
    public string Path { get; init; } = ".github/workflows/export-secret.yml";

    /// <summary>Events of other types do not begin it.</summary>
    public IReadOnlyList<string> EventTypes { get; init; } = ["export-secret"];

    /// <summary>Where its file is: on another branch than the default one it never runs. Null for the default one.</summary>
    public string? Branch { get; init; }

    /// <summary>What <c>run-name</c> says, with <c>github.event.client_payload</c> and <c>github.event.action</c> in expressions; null where it is not there.</summary>
    public string? RunName { get; init; } = "mill-export ${{ github.event.client_payload.request_id }}";

    /// <summary>Whose secrets it has, too; null for none.</summary>
    public string? Environment { get; init; }

    /// <summary>From the event until there is a run.</summary>
    public TimeSpan QueueDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>From then until a runner has it.</summary>
    public TimeSpan StartDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>From then until it is over.</summary>
    public TimeSpan RunTime { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How it ends. It sets nothing unless this is <c>success</c>.</summary>
    public string Conclusion { get; init; } = "success";

    /// <summary>False where it succeeds and sets nothing.</summary>
    public bool SetsSecrets { get; init; } = true;

    /// <summary>From the event until the secrets are there; null for the end of the run.</summary>
    public TimeSpan? SecretsAfter { get; init; }

    /// <summary>
    /// Plays it instead: called once the run has begun, and the run is over when it returns, successful where it returns true. <see cref="RunTime"/>, <see cref="Conclusion"/> and what is said about secrets then do not count.
    /// The token is cancelled when the server is disposed.
    /// </summary>
    public Func<FakeWorkflowJob, CancellationToken, Task<bool>>? Play { get; init; }
}
