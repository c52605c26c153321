using Mill.Core.Sync;

namespace Mill.Sync.Pushing;

/// <summary>When ledgers say that something was written, or was about to be: a run that follows another shares GitHub's limits with it.</summary>
public static class EarlierWrites
{
    private static readonly TimeSpan Span = TimeSpan.FromHours(1);

    /// <summary>Those of the last hour.</summary>
    public static async Task<IReadOnlyList<DateTimeOffset>> ReadAsync(ILedgerStore ledgers, IEnumerable<SecretScope> targets, TimeProvider time, CancellationToken cancellationToken)
    {
        var (writes, since) = (new List<DateTimeOffset>(), time.GetUtcNow() - Span);
        foreach (var target in targets.Distinct())
        {
            if (await ledgers.ReadAsync(target, cancellationToken).ConfigureAwait(false) is not { Ledger: var ledger }) continue;
            writes.AddRange(ledger.Secrets.Values.Select(entry => entry.WrittenAt).Concat(ledger.Intents.Values.Select(intent => intent.IntendedAt)).Where(at => at > since));
        }
        return writes;
    }
}
