using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;

namespace Mill.Sync.Exports;

/// <summary>Sets what was asked for where it was asked for, as far as the policy goes.</summary>
/// <param name="value">The value by the place of its name in the order, as the caller's to dispose; null where there is no such secret.</param>
public sealed class SecretExport(GitHubClient github, SecretPolicy policy, Func<int, SecretValue?> value)
{
    /// <summary>One record for each name, in their order: also where nothing was done. What fails for one leaves the others.</summary>
    public async Task<IReadOnlyList<ExportRecord>> RunAsync(ExportOrder order, CancellationToken cancellationToken)
    {
        var records = new List<ExportRecord>();
        foreach (var (name, place) in order.Names.Select((name, place) => (name, place))) records.Add(await ExportAsync(order, name, place, cancellationToken).ConfigureAwait(false));
        return records;
    }

    private async Task<ExportRecord> ExportAsync(ExportOrder order, string name, int place, CancellationToken cancellationToken)
    {
        var target = order.Target;
        // Before anybody looks whether there is such a secret: who may not have it learns nothing about it.
        var decision = policy.Judge(name, target);
        if (!decision.IsAllowed) return new(name, ExportOutcome.Denied, decision.Reason, MillError.Forbidden);
        using var secret = value(place);
        if (secret is null) return new(name, ExportOutcome.Missing, "there is no such secret here", MillError.NotFound);
        try
        {
            // Lists lag behind, so whoever asked may not know.
            if (!order.Overwrite && await github.FindSecretAsync(target, name, cancellationToken).ConfigureAwait(false) is not null) return new(name, ExportOutcome.Left, "it is there already", MillError.None);
            var isNew = await github.SetSecretAsync(target, name, secret, cancellationToken).ConfigureAwait(false);
            return new(name, isNew ? ExportOutcome.Created : ExportOutcome.Replaced, decision.Reason, MillError.None);
        }
        catch (MillException e)
        {
            return new(name, ExportOutcome.Failed, e.Message, e.Error);
        }
    }
}

/// <param name="Reason">As a part of a sentence: the rule, or what failed.</param>
public sealed record ExportRecord(string Name, ExportOutcome Outcome, string Reason, MillError Error);

public enum ExportOutcome
{
    Created,
    Replaced,

    /// <summary>It was there, and nobody said to replace it.</summary>
    Left,
    Denied,
    Missing,
    Failed,
}
