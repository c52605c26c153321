using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Pushing;

/// <summary>
/// One target of a push.
/// 1. Read the ledger; where somebody else is at work, wait until that goes on no longer.
/// 2. List what is there, once, and what the vault has; plan; read the values that the plan needs, and plan again.
/// 3. Write what is intended into the ledger.
/// 4. Write each secret, if it is still as it was, look whether it is there, and note it in the ledger, before the next one.
/// 5. Delete what is to be pruned, where it is still as we left it.
/// Cut off before 3, nothing happened; during 4, at most one write is in doubt, and the next run settles it by what is there. Where somebody else writes to the ledger meanwhile, all begins anew.
/// </summary>
internal sealed partial class TargetPush(
    GitHubClient gitHub, VaultSide vault, PushOptions options, SyncTarget target, string run, Action<SyncStep?, bool> tell)
{
    /// <summary>Each that is lost is a write of somebody else, and so a step of theirs: those that go on at the same time all come to their end.</summary>
    private const int MostAttempts = 100;

    /// <summary>A ledger has to fit into a secret of the vault.</summary>
    private const int MostIntents = 100;

    /// <summary>How long a list may be behind.</summary>
    private static readonly TimeSpan ListLag = TimeSpan.FromMinutes(10);

    /// <summary>Before the second attempt; twice as long before each that follows.</summary>
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    private readonly LedgerHold _ledger = new(vault, target.Scope, gitHub.Options.Time);
    private DateTimeOffset _listedAt; // the vault
    private readonly HashSet<string> _sent = new(StringComparer.Ordinal); // what may have been written by this run, by its intents
    private readonly SortedDictionary<string, PushedSecret> _reports = new(StringComparer.Ordinal);

    /// <summary>Why the whole push has to end; null where it has not.</summary>
    public MillException? Stopped { get; private set; }

    public async Task<TargetReport> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var attempt = 1; !await TryAsync(cancellationToken).ConfigureAwait(false); attempt++)
            {
                vault.Forget();
                if (attempt == MostAttempts) throw new MillException(MillError.PreconditionFailed, $"Another push is at work on {target.Scope}.") { Hint = "Let it end, then try again." };
                await Task.Delay(PauseAfter(attempt), Time, cancellationToken).ConfigureAwait(false);
            }
            return new(target.Scope, [.. _reports.Values]);
        }
        catch (MillException e)
        {
            if (EndsAll(e)) Stopped = e;
            return new(target.Scope, [.. _reports.Values], e);
        }
    }

    private static TimeSpan PauseAfter(int attempt) => attempt < 8 ? FirstPause * (1 << (attempt - 1)) : LongestPause;

    private static bool EndsAll(MillException failure) => failure.Error is MillError.Unauthenticated or MillError.RateLimited && failure is not VaultRefusal;

    /// <summary>False where somebody else wrote to the ledger, and all is to begin anew.</summary>
    private async Task<bool> TryAsync(CancellationToken cancellationToken)
    {
        await ReadLedgerAsync(cancellationToken).ConfigureAwait(false);
        var remote = await ListAsync(cancellationToken).ConfigureAwait(false);
        var wanted = WantedSecrets.Of(target, await ListVaultAsync(cancellationToken).ConfigureAwait(false));
        using var values = new WantedValues();
        var plan = PlanOf(wanted, remote);
        if (plan.Steps.Any(step => step.IsWrite))
        {
            wanted = await values.ReadAsync(wanted, plan.Steps.Where(step => step.IsWrite).Select(step => step.Name), vault, _ledger.Ledger.Key, cancellationToken).ConfigureAwait(false);
            plan = PlanOf(wanted, remote);
        }
        foreach (var step in plan.Steps) Report(step, values);
        return options.IsDryRun || await CarryOutAsync(plan, values, cancellationToken).ConfigureAwait(false);
    }

    private SyncPlan PlanOf(IReadOnlyDictionary<string, SyncSource> wanted, IReadOnlyCollection<RemoteSecret> remote) =>
        SyncPlan.Of(target.Scope, wanted, remote, _ledger.Ledger, options.Policy, options.Rules);

    /// <summary>Intents of another run are of one that was cut off, or of one that lives; the ledger of the latter moves on. Those of this run that came to nothing are withdrawn: what moved meanwhile is not ours.</summary>
    private async Task ReadLedgerAsync(CancellationToken cancellationToken)
    {
        await _ledger.ReadAsync(cancellationToken).ConfigureAwait(false);
        await WithdrawAsync(_ledger.Ledger.Intents.Where(intent => intent.Value.Run == run && !_sent.Contains(intent.Key)).Select(intent => intent.Key), cancellationToken).ConfigureAwait(false);
        while (!options.IsDryRun && _ledger.Ledger.Intents.Values.Any(intent => intent.Run != run))
        {
            var version = _ledger.Version;
            tell(null, true);
            await Task.Delay(options.Grace, gitHub.Options.Time, cancellationToken).ConfigureAwait(false);
            await _ledger.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (_ledger.Version == version) return;
        }
    }

    private async Task<IReadOnlyDictionary<string, int>> ListVaultAsync(CancellationToken cancellationToken)
    {
        if (WantedSecrets.Beginning(target) is not { } beginning) return new Dictionary<string, int>();
        (var names, _listedAt) = await vault.ListAsync(beginning, cancellationToken).ConfigureAwait(false);
        return names;
    }

    private async Task<IReadOnlyCollection<RemoteSecret>> ListAsync(CancellationToken cancellationToken)
    {
        var listed = (await gitHub.ListSecretsAsync(target.Scope, cancellationToken).ConfigureAwait(false)).ToDictionary(secret => secret.Name, secret => secret.UpdatedAt, StringComparer.Ordinal);
        foreach (var name in Doubtful(listed))
        {
            // A list may be a little behind; the secret itself is not.
            if ((await gitHub.LookAsync(target.Scope, name, cancellationToken).ConfigureAwait(false)).Secret is { } found) listed[name] = found.UpdatedAt;
            else listed.Remove(name);
        }
        return [.. listed.Select(secret => new RemoteSecret(secret.Key, secret.Value))];
    }

    /// <summary>What was written a short while ago and does not look so in the list.</summary>
    private IEnumerable<string> Doubtful(Dictionary<string, DateTimeOffset> listed)
    {
        var since = gitHub.Options.Time.GetUtcNow() - ListLag;
        var recent = _ledger.Ledger.Secrets.Where(entry => entry.Value.WrittenAt > since && (!listed.TryGetValue(entry.Key, out var at) || at != entry.Value.UpdatedAt)).Select(entry => entry.Key);
        return [.. recent.Union(_ledger.Ledger.Intents.Keys, StringComparer.Ordinal)];
    }

    private void Report(SyncStep step, WantedValues values)
    {
        // What this run has done, or tried, stays so, whatever a later plan says.
        if (IsOver(step)) return;
        _reports[step.Name] = step switch
        {
            { Error: { } error } => new(step, PushOutcome.Failed, new(error, $"{step.Name}: {step.Reason}.")),
            { Action: SyncAction.None, State: SyncState.InSync } => new(step, PushOutcome.Unchanged),
            { Action: SyncAction.None } => new(step, PushOutcome.Left),
            _ => new(step, options.IsDryRun ? PushOutcome.Planned : PushOutcome.NotReached) { Warning = values.WarningOf(step.Name) },
        };
    }
}
