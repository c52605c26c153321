using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Pushing;

/// <content>What is done at GitHub.</content>
internal sealed partial class TargetPush
{
    private const int MostLooks = 4;

    /// <summary>What was seen longer ago is looked at once more before it is written: somebody else may have been there.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>Between looks at what was written.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private TimeProvider Time => gitHub.Options.Time;

    private async Task<bool> CarryOutAsync(SyncPlan plan, WantedValues values, DateTimeOffset seenAt, CancellationToken cancellationToken)
    {
        SyncStep[] writes = [.. plan.Steps.Where(step => step.IsWrite && !IsOver(step))];
        SyncStep[] deletions = [.. plan.Steps.Where(step => step.Action is SyncAction.Delete && !IsOver(step))];
        var ledger = plan.Ledger with { HasPruned = plan.Ledger.HasPruned || deletions.Length > 0 };
        if (!await BeginAsync(ledger, writes, plan.IsLedgerChanged || deletions.Length > 0, cancellationToken).ConfigureAwait(false)) return false;
        foreach (var step in plan.Steps.Where(step => step.Action is SyncAction.Adopt)) Done(step);

        for (var i = 0; i < writes.Length; i++)
        {
            if (i > 0 && i % MostIntents is 0 && !await BeginAsync(_ledger.Ledger, writes[i..], isChanged: false, cancellationToken).ConfigureAwait(false)) return false;
            if (!await TryStepAsync(writes[i], () => WriteAsync(writes[i], values[writes[i].Name], seenAt, cancellationToken), cancellationToken).ConfigureAwait(false)) return false;
            if (Stopped is not null) return await WithdrawAsync(writes[(i + 1)..], cancellationToken).ConfigureAwait(false);
        }
        foreach (var step in deletions)
        {
            if (!await TryStepAsync(step, () => DeleteAsync(step, cancellationToken), cancellationToken).ConfigureAwait(false)) return false;
            if (Stopped is not null) return true;
        }
        return true;
    }

    private bool IsOver(SyncStep step) => _reports[step.Name].Outcome is PushOutcome.Done or PushOutcome.Failed;

    private Task<bool> BeginAsync(Ledger ledger, SyncStep[] writes, bool isChanged, CancellationToken cancellationToken)
    {
        if (writes.Length is 0 && !isChanged) return Task.FromResult(true);
        var intents = writes.Take(MostIntents).Select(step => KeyValuePair.Create(step.Name, IntentOf(step, step.Before)));
        return _ledger.TryWriteAsync(ledger.Intending(intents), cancellationToken);
    }

    private LedgerIntent IntentOf(SyncStep step, DateTimeOffset? before) => new(step.Source!.Secret, step.Source.Version!.Value, step.Source.Fingerprint!, before, Time.GetUtcNow(), run);

    /// <summary>What goes wrong here is a matter of this secret, unless it ends everything.</summary>
    private async Task<bool> TryStepAsync(SyncStep step, Func<Task<bool>> carryOut, CancellationToken cancellationToken)
    {
        tell(step, false);
        try
        {
            return await carryOut().ConfigureAwait(false);
        }
        catch (MillException e) when (e is not VaultRefusal)
        {
            _reports[step.Name] = _reports[step.Name] with { Outcome = PushOutcome.Failed, Failure = e };
            if (EndsAll(e)) Stopped = e;
            return !step.IsWrite || !WasRefused(e) || await WithdrawAsync([step], cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>GitHub has certainly done nothing.</summary>
    private static bool WasRefused(MillException failure) => failure.Error is MillError.Unauthenticated or MillError.Forbidden or MillError.NotFound or MillError.RateLimited
        or MillError.InvalidRequest or MillError.InvalidName or MillError.InvalidValue or MillError.TooLarge or MillError.PreconditionFailed or MillError.Unsupported or MillError.Configuration;

    private async Task<bool> WithdrawAsync(SyncStep[] steps, CancellationToken cancellationToken) =>
        steps.Length is 0 || await _ledger.RecordAsync(ledger => steps.Aggregate(ledger, Withdraw), cancellationToken).ConfigureAwait(false) || Stopped is not null;

    // Those of another run stay its own.
    private Ledger Withdraw(Ledger ledger, SyncStep step) => ledger.Intents.TryGetValue(step.Name, out var intent) && intent.Run == run ? ledger.Withdrawing(step.Name) : ledger;

    private async Task<bool> WriteAsync(SyncStep step, SecretValue value, DateTimeOffset seenAt, CancellationToken cancellationToken)
    {
        if (!options.Rules.Overwrites && Time.GetUtcNow() - seenAt > Fresh && await HasMovedAsync(step, cancellationToken).ConfigureAwait(false))
            return await WithdrawAsync([step], cancellationToken).ConfigureAwait(false);
        await gitHub.SetSecretAsync(target.Scope, step.Name, value, cancellationToken).ConfigureAwait(false);
        var written = await LookAsync(step, cancellationToken).ConfigureAwait(false);
        var entry = IntentOf(step, step.Before).Written(written.UpdatedAt, Time.GetUtcNow());
        Done(step);
        return await _ledger.RecordAsync(ledger => ledger.Wrote(step.Name, entry), cancellationToken).ConfigureAwait(false);
    }

    private async Task<bool> HasMovedAsync(SyncStep step, CancellationToken cancellationToken)
    {
        var now = await gitHub.FindSecretAsync(target.Scope, step.Name, cancellationToken).ConfigureAwait(false);
        if (now is null || now.UpdatedAt == step.Before) return false;
        var state = step.Before is null ? SyncState.Foreign : SyncState.Tampered;
        _reports[step.Name] = new(step with { State = state, Action = SyncAction.None, Reason = "somebody else wrote it just now" }, PushOutcome.Left);
        return true;
    }

    /// <summary>GitHub never tells a value; that something was written is all there is to see.</summary>
    private async Task<GitHubSecret> LookAsync(SyncStep step, CancellationToken cancellationToken)
    {
        for (var looks = 1; looks <= MostLooks; looks++)
        {
            if (looks > 1) await Task.Delay(Pause, Time, cancellationToken).ConfigureAwait(false);
            if (await gitHub.FindSecretAsync(target.Scope, step.Name, cancellationToken).ConfigureAwait(false) is { } found && found.UpdatedAt != step.Before) return found;
        }
        throw new MillException(MillError.OutcomeUnknown, $"GitHub took {step.Name}, and does not show that it changed.") { Hint = "Run it again: it looks once more, and writes what is not there." };
    }

    private async Task<bool> DeleteAsync(SyncStep step, CancellationToken cancellationToken)
    {
        // GitHub deletes whatever is there; a last look makes the time in which it could be another's as short as it can be.
        var now = await gitHub.FindSecretAsync(target.Scope, step.Name, cancellationToken).ConfigureAwait(false);
        if (now is not null && now.UpdatedAt != step.Before)
        {
            _reports[step.Name] = new(step with { Action = SyncAction.None, Reason = "it is wanted no longer, but somebody else wrote it just now" }, PushOutcome.Left);
            return true;
        }
        if (now is not null) await gitHub.DeleteSecretAsync(target.Scope, step.Name, cancellationToken).ConfigureAwait(false);
        Done(step);
        return await _ledger.RecordAsync(ledger => ledger.Forgetting(step.Name), cancellationToken).ConfigureAwait(false);
    }

    private void Done(SyncStep step) => _reports[step.Name] = _reports[step.Name] with { Outcome = PushOutcome.Done };
}
