using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Pushing;

/// <content>What is done at GitHub.</content>
internal sealed partial class TargetPush
{
    /// <summary>
    /// What is known so long is found out anew before anything is changed. A third of the time after which another push takes over: a turn lasts no longer than another third (<see cref="GitHubTransport.Turn"/>), and the
    /// last is for the change itself. So whoever waited for all of it meets nothing of ours.
    /// </summary>
    private TimeSpan Fresh => options.Grace / 3;

    private TimeProvider Time => gitHub.Options.Time;

    private async Task<bool> CarryOutAsync(SyncPlan plan, WantedValues values, CancellationToken cancellationToken)
    {
        SyncStep[] writes = [.. plan.Steps.Where(step => step.IsWrite && !IsOver(step))];
        SyncStep[] deletions = [.. plan.Steps.Where(step => step.Action is SyncAction.Delete && !IsOver(step))];
        var ledger = plan.Ledger with { HasPruned = plan.Ledger.HasPruned || deletions.Length > 0 };
        DemandRoom(ledger, writes);
        if (!await BeginAsync(ledger, writes, plan.IsLedgerChanged || deletions.Length > 0, cancellationToken).ConfigureAwait(false)) return false;
        foreach (var step in plan.Steps.Where(step => step.Action is SyncAction.Adopt)) Done(step);

        for (var i = 0; i < writes.Length; i++)
        {
            if (i > 0 && i % MostIntents is 0 && !await BeginAsync(_ledger.Ledger, writes[i..], isChanged: false, cancellationToken).ConfigureAwait(false)) return false;
            if (!await WriteAsync(writes[i], values[writes[i].Name], cancellationToken).ConfigureAwait(false)) return false;
            if (Stopped is not null) return await WithdrawAsync(writes[(i + 1)..].Select(step => step.Name), cancellationToken).ConfigureAwait(false);
        }
        foreach (var step in deletions)
        {
            if (!await DeleteAsync(step, cancellationToken).ConfigureAwait(false)) return false;
            if (Stopped is not null) return true;
        }
        return true;
    }

    /// <summary>This run has done it, or tried. What another push made of it is undone only where the vault has another version by now.</summary>
    private bool IsOver(SyncStep step) => _reports.TryGetValue(step.Name, out var known)
        && (known.Outcome is PushOutcome.Failed || (known.Outcome is PushOutcome.Done && known.Step.Source?.Version == step.Source?.Version));

    /// <summary>Throws <see cref="MillError.TooLarge"/> where the ledger could not be kept once all was written: nobody would know afterwards whose those secrets are.</summary>
    private void DemandRoom(Ledger ledger, SyncStep[] writes)
    {
        var all = writes.Aggregate(ledger, (noted, step) => noted.Wrote(step.Name, IntentOf(step, step.Before).Written(Time.GetUtcNow(), Time.GetUtcNow()) with { IsUnconfirmed = true }, run));
        using var text = LedgerCodec.Write(all.Intending(IntentsOf(writes)));
        if (text.Length > LedgerCodec.Longest) throw new MillException(MillError.TooLarge, $"The ledger of {target.Scope} would have {text.Length} bytes, and a secret of the vault has {LedgerCodec.Longest} at most.") { Hint = "Send fewer secrets there, or with shorter names." };
    }

    private Task<bool> BeginAsync(Ledger ledger, SyncStep[] writes, bool isChanged, CancellationToken cancellationToken)
    {
        if (writes.Length is 0 && !isChanged) return Task.FromResult(true);
        return _ledger.TryWriteAsync(ledger.Intending(IntentsOf(writes)), cancellationToken);
    }

    private IEnumerable<KeyValuePair<string, LedgerIntent>> IntentsOf(SyncStep[] writes) => writes.Take(MostIntents).Select(step => KeyValuePair.Create(step.Name, IntentOf(step, step.Before)));

    private LedgerIntent IntentOf(SyncStep step, DateTimeOffset? before) => new(step.Source!.Secret, step.Source.Version!.Value, step.Source.Fingerprint!, before, Time.GetUtcNow(), run);

    private async Task<bool> WithdrawAsync(IEnumerable<string> intents, CancellationToken cancellationToken)
    {
        string[] names = [.. intents];
        return names.Length is 0 || await _ledger.RecordAsync(ledger => names.Aggregate(ledger, Withdraw), cancellationToken).ConfigureAwait(false) || Stopped is not null;
    }

    // Those of another run stay its own.
    private Ledger Withdraw(Ledger ledger, string name) => ledger.Intents.TryGetValue(name, out var intent) && intent.Run == run ? ledger.Withdrawing(name) : ledger;

    /// <summary>False where all is to begin anew.</summary>
    private async Task<bool> WriteAsync(SyncStep step, SecretValue value, CancellationToken cancellationToken)
    {
        tell(step, false);
        var change = new GuardedChange(gitHub, target.Scope, step.Name, now => now is null || now.UpdatedAt == step.Before) { IsStillWanted = token => IsCurrentAsync(step, token) };
        var result = await change.SetAsync(value, cancellationToken).ConfigureAwait(false);
        if (result is SecretSet { Write: var written })
        {
            Done(step);
            if (WarningOf(written) is { } warning) _reports[step.Name] = _reports[step.Name] with { Warning = warning };
            var entry = IntentOf(step, step.Before).Written(written.UpdatedAt, Time.GetUtcNow()) with { IsUnconfirmed = !written.IsCertain };
            return await _ledger.RecordAsync(ledger => ledger.Wrote(step.Name, entry, run), cancellationToken).ConfigureAwait(false);
        }
        // The next run settles what may have come.
        if (result.IsInDoubt) _sent.Add(step.Name);
        switch (result)
        {
            // What may be overwritten and is another one by now is planned anew, too, so that the ledger says over what it is written.
            case SecretLeft when options.Rules.Overwrites:
            case NotWanted:
                return false;
            case SecretLeft:
                Leave(step);
                break;
            case NotChanged { Failure: var failure }:
                Failed(step, failure);
                break;
        }
        return result.IsInDoubt || await WithdrawAsync([step.Name], cancellationToken).ConfigureAwait(false);
    }

    private static string? WarningOf(SecretWrite written)
    {
        if (written.IsReplaced) return "Somebody else wrote it right after this.";
        return written.HasReplacedAnother ? "Somebody else wrote it in the same moment; that was overwritten." : null;
    }

    /// <summary>False where all is to begin anew.</summary>
    private async Task<bool> DeleteAsync(SyncStep step, CancellationToken cancellationToken)
    {
        tell(step, false);
        var change = new GuardedChange(gitHub, target.Scope, step.Name, now => now?.UpdatedAt == step.Before) { IsStillWanted = IsLedgerCurrentAsync };
        switch (await change.DeleteAsync(cancellationToken).ConfigureAwait(false))
        {
            case NotWanted:
                return false;
            case SecretLeft:
                Leave(step);
                return true;
            case NotChanged { Failure: var failure }:
                Failed(step, failure);
                return true;
        }
        Done(step);
        return await _ledger.RecordAsync(ledger => ledger.Forgetting(step.Name, step.Before!.Value), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether the ledger is still what this run made of it, and the vault has nothing newer. Another push may have taken over where this one had to wait, and must not be followed by an old version.</summary>
    private async Task<bool> IsCurrentAsync(SyncStep step, CancellationToken cancellationToken)
    {
        if (!await IsLedgerCurrentAsync(cancellationToken).ConfigureAwait(false)) return false;
        if (Time.GetUtcNow() - _listedAt <= Fresh) return true;
        return await vault.VersionAsync(step.Source!.Secret, cancellationToken).ConfigureAwait(false) == step.Source.Version;
    }

    /// <summary>Finds it out by writing: whoever waits for a sign of this run has one.</summary>
    private async Task<bool> IsLedgerCurrentAsync(CancellationToken cancellationToken)
    {
        var now = Time.GetUtcNow();
        if (now - _ledger.SignedAt <= Fresh) return true;
        var own = _ledger.Ledger.Intents.Where(intent => intent.Value.Run == run).Select(intent => KeyValuePair.Create(intent.Key, intent.Value with { IntendedAt = now }));
        return await _ledger.TryWriteAsync(_ledger.Ledger.Intending(own), cancellationToken).ConfigureAwait(false);
    }

    private void Leave(SyncStep step)
    {
        var left = step.IsWrite
            ? step with { State = step.Before is null ? SyncState.Foreign : SyncState.Tampered, Action = SyncAction.None, Reason = "somebody else wrote it just now" }
            : step with { Action = SyncAction.None, Reason = "it is wanted no longer, but somebody else wrote it just now" };
        _reports[step.Name] = new(left, PushOutcome.Left);
    }

    /// <summary>What the vault refuses is no failure of this secret.</summary>
    private void Failed(SyncStep step, MillException failure)
    {
        if (failure is VaultRefusal) throw failure;
        _reports[step.Name] = _reports[step.Name] with { Outcome = PushOutcome.Failed, Failure = failure };
        if (EndsAll(failure)) Stopped = failure;
    }

    private void Done(SyncStep step) => _reports[step.Name] = _reports[step.Name] with { Outcome = PushOutcome.Done };
}
