using System.Security.Cryptography;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Exports;

/// <summary>
/// Asks a repository that holds secrets to set some of them elsewhere: one event for all names, whose run is then followed. GitHub tells no more of an event than that it was taken, so the run is found by a mark in
/// its title.
/// </summary>
public sealed class SecretRequest(GitHubClient gitHub, RepositoryName source, SecretScope target)
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

    private TimeProvider Time => gitHub.Options.Time;

    /// <summary>Asks for the secrets, and waits for them and for the end of the run. Throws only where the event could not be sent: after that what fails is looked at again until the deadline.</summary>
    public async Task<RequestReport> RunAsync(IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var id = RandomNumberGenerator.GetHexString(32, lowercase: true);
        var sent = await gitHub.DispatchAsync(source, EventType, new(id, target.Repository!.ToString(), names, names[0]) { TargetEnvironment = target.Environment, Overwrite = Overwrite ? true : null }, cancellationToken).ConfigureAwait(false);
        var began = Time.GetTimestamp();
        using var limit = new CancellationTokenSource(Deadline + Interval, Time); // a wait for GitHub's limits ends, too
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var seen = new Seen(null, null, names, null);
        try
        {
            while (true)
            {
                seen = await LookAtRunAsync(seen, id, sent - ClockSpread, either.Token).ConfigureAwait(false);
                seen = await LookAtSecretsAsync(seen, names, sent - ClockSpread, either.Token).ConfigureAwait(false);
                if (seen.IsFinal) break;
                var left = Deadline - Time.GetElapsedTime(began);
                if (left <= TimeSpan.Zero) break;
                await Task.Delay(left < Interval ? left : Interval, Time, either.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What was seen last counts.
        }
        return Report(names, seen);
    }

    private async Task<Seen> LookAtRunAsync(Seen before, string id, DateTimeOffset since, CancellationToken cancellationToken)
    {
        if (before.Run is { IsOver: true } || before.IsBlind) return before;
        try
        {
            var now = before.Run is { } run ? await gitHub.GetRunAsync(source, run.Id, cancellationToken).ConfigureAwait(false) : await gitHub.FindRunAsync(source, id, since, cancellationToken).ConfigureAwait(false);
            if (now is not null && now != before.Run) RunChanged?.Invoke(now);
            return before with { Run = now, RunFailure = null };
        }
        catch (MillException e)
        {
            return before with { RunFailure = e };
        }
    }

    /// <summary>Of what is to be replaced, one that was not written since has not come.</summary>
    private async Task<Seen> LookAtSecretsAsync(Seen before, IReadOnlyList<string> names, DateTimeOffset since, CancellationToken cancellationToken)
    {
        try
        {
            var all = await gitHub.ListSecretsAsync(target, cancellationToken).ConfigureAwait(false);
            var there = all.Where(secret => !Overwrite || secret.UpdatedAt >= since).Select(secret => secret.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
            IReadOnlyList<string> missing = [.. names.Where(name => !there.Contains(name))];
            return before with { Missing = missing, SecretsFailure = null, Complete = missing.Count is 0 ? before.Complete + 1 : 0 };
        }
        catch (MillException e)
        {
            return before with { SecretsFailure = e };
        }
    }

    private RequestReport Report(IReadOnlyList<string> names, Seen seen)
    {
        var (state, reason) = seen switch
        {
            { Run: { IsOver: true, HasSucceeded: false } run } => (RequestState.Failed, $"The run in {source} ended with {run.Conclusion}: {run.Page}"),
            { SecretsFailure: { } failure } => (RequestState.TimedOut, $"Whether it came is not known after {Seconds}. {failure.Message}"),
            { RunFailure: { } failure } => (RequestState.TimedOut, $"It was not there after {Seconds}, and what became of the event is not known. {failure.Message}"),
            { Run: null } => (RequestState.TimedOut, $"No run of a workflow in {source} took the event within {Seconds}: {WorkflowFile.Path} may be missing from its default branch, or Actions may be off or busy there."),
            { Run: { HasSucceeded: true } run } => (RequestState.TimedOut, $"The run in {source} says that it succeeded, and the secret was not there after {Seconds}: {run.Page}"),
            { Run: { } run } => (RequestState.TimedOut, $"The run in {source} was {run.Status} after {Seconds}: {run.Page}"),
        };
        return new([.. names.Select(name => seen.Missing.Contains(name) ? new RequestedSecret(name, state, reason) : new(name, RequestState.Arrived, null))], seen.Run) { Failure = seen.SecretsFailure ?? seen.RunFailure };
    }

    private string Seconds => $"{Deadline.TotalSeconds:0.#} s";

    /// <summary>What is known so far.</summary>
    private sealed record Seen(WorkflowRun? Run, MillException? RunFailure, IReadOnlyList<string> Missing, MillException? SecretsFailure)
    {
        /// <summary>The token may not see runs: nobody will know more than the secrets say.</summary>
        public bool IsBlind => RunFailure is { Error: MillError.Forbidden or MillError.NotFound };

        /// <summary>At how many looks in a row nothing was missing.</summary>
        public int Complete { get; init; }

        /// <summary>A workflow whose title does not say which request it is about is never found: what it set is there, all the same.</summary>
        public bool IsFinal => Run is { IsOver: true, HasSucceeded: false } || (Missing.Count == 0 && (Run is { IsOver: true } || IsBlind)) || (Run is null && Complete > 1);
    }
}
