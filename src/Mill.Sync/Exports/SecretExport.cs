using System.Runtime.CompilerServices;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Sealing;

namespace Mill.Sync.Exports;

/// <summary>Sets what was asked for where it was asked for, as far as the policy goes.</summary>
/// <param name="value">The value by the place of its name in the order, as the caller's to dispose; null where there is no such secret.</param>
public sealed class SecretExport(GitHubClient gitHub, SecretPolicy policy, Func<int, SecretValue?> value)
{
    /// <summary>The job that this runs in has some minutes more (<see cref="WorkflowFile.JobLimit"/>).</summary>
    public static readonly TimeSpan UsualLimit = TimeSpan.FromMinutes(6);

    /// <summary>Logins of all who asked, each of whom has to be allowed; none where that is not known.</summary>
    public IReadOnlyList<string> Requesters { get; init; } = [];

    /// <summary>For all names together.</summary>
    public TimeSpan Limit { get; init; } = UsualLimit;

    /// <summary>One record for each name, in their order and as soon as it is known: also where nothing was done. What fails for one leaves the others, unless it would fail for all.</summary>
    public async IAsyncEnumerable<ExportRecord> RunAsync(ExportOrder order, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, gitHub.Options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        (string Reason, MillError Error)? end = null;
        foreach (var (name, place) in order.Names.Select((name, place) => (name, place)))
        {
            ExportRecord record;
            if (limit.IsCancellationRequested) end ??= ("there was no time left", MillError.RequestTimeout);
            try
            {
                record = await ExportAsync(order, name, place, end, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                record = new(name, ExportOutcome.Failed, $"it was not done within {Limit.TotalMinutes:0.#} min, and may be there now", MillError.OutcomeUnknown);
            }
            if (record is { Outcome: ExportOutcome.Failed, Error: MillError.Unauthenticated or MillError.RateLimited }) end ??= ($"the export ended with {name}", record.Error);
            yield return record;
        }
    }

    /// <param name="end">What ended the export before; null for nothing.</param>
    private async Task<ExportRecord> ExportAsync(ExportOrder order, string name, int place, (string Reason, MillError Error)? end, CancellationToken cancellationToken)
    {
        var target = order.Target;
        // Before anybody looks whether there is such a secret: who may not have it learns nothing about it.
        var decision = Judge(name, target);
        if (!decision.IsAllowed) return new(name, ExportOutcome.Denied, decision.Reason, MillError.Forbidden);
        using var secret = value(place);
        if (secret is null) return new(name, ExportOutcome.Missing, "there is no such secret here", MillError.NotFound);
        if (end is var (reason, error)) return new(name, ExportOutcome.NotReached, reason, error);
        // Whoever asked may not know that it is there: lists lag behind, and this may have waited.
        var oddity = secret.Reveal(ValueOddity.Of);
        var change = new GuardedChange(gitHub, target, name, found => found is null || order.Overwrite);
        return await change.SetAsync(secret, cancellationToken).ConfigureAwait(false) switch
        {
            SecretSet { Found: var found, Write: var written } => new(name, found is not null || written.HasReplacedAnother ? ExportOutcome.Replaced : ExportOutcome.Created, decision.Reason, MillError.None) { Warning = oddity },
            NotChanged { Failure: var failure } => new(name, ExportOutcome.Failed, failure.Message.TrimEnd('.'), failure.Error),
            _ => new(name, ExportOutcome.Left, "it is there already", MillError.None),
        };
    }

    private Decision Judge(string name, SecretScope target)
    {
        if (Requesters.Count is 0) return policy.Judge(name, target);
        var decisions = Requesters.Select(requester => policy.Judge(name, target, requester)).ToList();
        return decisions.Find(decision => !decision.IsAllowed) ?? decisions[0];
    }
}

/// <param name="Reason">As a part of a sentence: the rule, or what failed.</param>
public sealed record ExportRecord(string Name, ExportOutcome Outcome, string Reason, MillError Error)
{
    /// <summary>What is odd about the value that was set; null for nothing.</summary>
    public string? Warning { get; init; }
}

public enum ExportOutcome
{
    Created,
    Replaced,

    /// <summary>It was there, and nobody said to replace it.</summary>
    Left,
    Denied,
    Missing,
    Failed,

    /// <summary>What failed before would have failed again.</summary>
    NotReached,
}
