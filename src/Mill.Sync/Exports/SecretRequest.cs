using System.Security.Cryptography;
using Mill.Core.Sync;
using Mill.Sync.GitHub;

namespace Mill.Sync.Exports;

/// <summary>
/// Asks a repository that holds secrets to set some of them elsewhere: one event for all names, whose run is then followed. GitHub tells no more of an event than that it was taken, so the run is found by a mark in
/// its title.
/// </summary>
public sealed class SecretRequest(GitHubClient github, RepositoryName source, SecretScope target)
{
    public const string EventType = "export-secret";

    /// <summary>GitHub's clocks are not all the same.</summary>
    private static readonly TimeSpan ClockSpread = TimeSpan.FromSeconds(5);

    public static readonly TimeSpan UsualDeadline = TimeSpan.FromSeconds(30);
    public static readonly TimeSpan UsualInterval = TimeSpan.FromSeconds(2);

    /// <summary>A run lives no longer.</summary>
    public static readonly TimeSpan LongestDeadline = TimeSpan.FromDays(5);

    /// <summary>From the event to the last look.</summary>
    public TimeSpan Deadline { get; init; } = UsualDeadline;

    /// <summary>Whether what is there already is to be replaced.</summary>
    public bool Overwrite { get; init; }

    public TimeSpan Interval { get; init; } = UsualInterval;

    /// <summary>Told of each state of the run, once it is known.</summary>
    public Action<WorkflowRun>? RunChanged { get; init; }

    private TimeProvider Time => github.Options.Time;

    /// <summary>Asks for the secrets, and waits for them and for the end of the run. Throws where the event could not be sent.</summary>
    public async Task<RequestReport> RunAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var sent = await github.DispatchAsync(source, EventType, new(id, target.Repository!.ToString(), names, names[0]) { TargetEnvironment = target.Environment, Overwrite = Overwrite ? true : null }, cancellationToken).ConfigureAwait(false);
        var began = Time.GetTimestamp();
        using var limit = new CancellationTokenSource(Deadline + Interval, Time); // a wait for GitHub's limits ends, too
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var (run, missing) = ((WorkflowRun?)null, names);
        try
        {
            while (true)
            {
                run = await FollowAsync(run, id, sent - ClockSpread, either.Token).ConfigureAwait(false);
                missing = await MissingAsync(names, sent - ClockSpread, either.Token).ConfigureAwait(false);
                if (run is { IsOver: true } && (missing.Count == 0 || !run.HasSucceeded)) break;
                var left = Deadline - Time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero) break;
                await Task.Delay(left < Interval ? left : Interval, Time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What was seen last counts.
        }
        return Report(names, missing, run);
    }

    private async Task<WorkflowRun?> FollowAsync(WorkflowRun? before, string id, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (before is { IsOver: true }) return before;
        var now = before is null ? await github.FindRunAsync(source, id, since, cancellationToken).ConfigureAwait(false) : await github.GetRunAsync(source, before.Id, cancellationToken).ConfigureAwait(false);
        if (now is not null && now != before) RunChanged?.Invoke(now);
        return now;
    }

    /// <summary>Of what is to be replaced, one that was not written since has not come.</summary>
    private async Task<IReadOnlyList<string>> MissingAsync(IReadOnlyList<string> names, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var there = (await github.ListSecretsAsync(target, cancellationToken).ConfigureAwait(false)).Where(secret => !Overwrite || secret.UpdatedAt >= since).Select(secret => secret.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. names.Where(name => !there.Contains(name))];
    }

    private RequestReport Report(IReadOnlyList<string> names, IReadOnlyList<string> missing, WorkflowRun? run)
    {
        var (state, reason) = run switch
        {
            null => (RequestState.TimedOut, $"No run of a workflow in {source} took the event within {Seconds}: {WorkflowFile.Path} may be missing from its default branch, or Actions may be off or busy there."),
            { HasSucceeded: true } => (RequestState.TimedOut, $"The run in {source} says that it succeeded, and the secret was not there after {Seconds}: {run.Page}"),
            { IsOver: true } => (RequestState.Failed, $"The run in {source} ended with {run.Conclusion}: {run.Page}"),
            _ => (RequestState.TimedOut, $"The run in {source} was {run.Status} after {Seconds}: {run.Page}"),
        };
        return new([.. names.Select(name => missing.Contains(name) ? new RequestedSecret(name, state, reason) : new(name, RequestState.Arrived, null))], run);
    }

    private string Seconds => $"{Deadline.TotalSeconds:0.#} s";
}
