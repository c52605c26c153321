using System.Security.Cryptography;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Pushing;

/// <summary>
/// Brings targets to what the vault says, one after the other, and writes only what changed. What goes wrong with one secret or one target does not keep the others from theirs, but where GitHub takes no
/// more requests it ends. A run that was cut off anywhere is taken up by the next one, which repeats no write that it can know of.
/// </summary>
public sealed class Push(GitHubClient gitHub, ISecretSource vault, ILedgerStore ledgers, PushOptions options)
{
    /// <summary>Throws only <see cref="OperationCanceledException"/>; all else is in the report.</summary>
    public async Task<PushReport> RunAsync(IReadOnlyList<SyncTarget> targets, CancellationToken cancellationToken)
    {
        var (reports, run) = (new List<TargetReport>(), Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var own = new VaultSide(vault, ledgers, gitHub.Options.Time);
        MillException? stopped = null;
        foreach (var target in targets)
        {
            if (stopped is not null)
            {
                reports.Add(new(target.Scope, []) { IsReached = false });
                continue;
            }
            Tell(reports.Count, targets, null, isWaiting: false);
            var push = new TargetPush(gitHub, own, options, target, run, (step, isWaiting) => Tell(reports.Count, targets, step, isWaiting));
            reports.Add(await push.RunAsync(cancellationToken).ConfigureAwait(false));
            stopped = push.Stopped;
        }
        return new(reports, stopped);
    }

    private void Tell(int index, IReadOnlyList<SyncTarget> targets, SyncStep? step, bool isWaiting) =>
        options.Progress?.Invoke(new(index + 1, targets.Count, targets[index].Scope, step) { IsWaiting = isWaiting });
}
