namespace Mill.Core.Sync;

/// <summary>What a push does to one target: made without touching anything, and shown before it is carried out.</summary>
/// <param name="Steps">One for each name that is wanted or ours, in the order of names. What belongs to others and is not wanted is nobody's business here.</param>
/// <param name="Ledger">As it is once what was cut off is settled and what needs no write is noted.</param>
/// <param name="IsLedgerChanged">Whether that is another than before.</param>
public sealed record SyncPlan(SecretScope Target, IReadOnlyList<SyncStep> Steps, Ledger Ledger, bool IsLedgerChanged)
{
    /// <param name="wanted">By the name that GitHub has for it, in upper case.</param>
    /// <param name="remote">All that is there, by names in upper case.</param>
    public static SyncPlan Of(SecretScope target, IReadOnlyDictionary<string, SyncSource> wanted, IReadOnlyCollection<RemoteSecret> remote, Ledger ledger, SecretPolicy policy, SyncRules rules)
    {
        var there = remote.ToDictionary(secret => secret.Name, StringComparer.Ordinal);
        var settled = ledger.Settled(there);
        var planning = new Planning(target, wanted, there, settled, policy, rules);
        SyncStep[] steps = [.. wanted.Keys.Union(settled.Secrets.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(planning.Decide)];
        var noted = steps.Where(step => step.Action is SyncAction.Adopt).Aggregate(settled, Note);
        return new(target, steps, noted, ledger.Intents.Count > 0 || !ReferenceEquals(noted, settled));
    }

    private static Ledger Note(Ledger ledger, SyncStep step) => step.Source is { Version: { } version } source
        ? ledger with { Secrets = ledger.Secrets.SetItem(step.Name, ledger.Secrets[step.Name] with { Secret = source.Secret, Version = version }) }
        : ledger.Forgetting(step.Name, ledger.Secrets[step.Name].UpdatedAt);

    /// <summary>All that a decision rests on.</summary>
    private sealed record Planning(SecretScope Target, IReadOnlyDictionary<string, SyncSource> Wanted, Dictionary<string, RemoteSecret> Remote, Ledger Ledger, SecretPolicy Policy, SyncRules Rules)
    {
        public SyncStep Decide(string name)
        {
            var (remote, entry) = (Remote.GetValueOrDefault(name), Ledger.Secrets.GetValueOrDefault(name));
            var step = Wanted.TryGetValue(name, out var source) ? DecideWanted(name, source, remote, entry) : DecideOrphan(name, remote, entry!);
            step = step with { Source = source, Before = remote?.UpdatedAt };
            return step.IsWrite && source!.Refusal is { } refusal ? step with { Action = SyncAction.None, Reason = refusal.Reason, Error = refusal.Error } : step;
        }

        private SyncStep DecideWanted(string name, SyncSource source, RemoteSecret? remote, LedgerEntry? entry)
        {
            if (Policy.Judge(name, source.Secret, Target) is { IsAllowed: false, Reason: var rule })
                return new(name, SyncState.Denied, SyncAction.None, remote is null ? rule : $"{rule}; it is there all the same, and stays");
            if (source.Version is null) return new(name, SyncState.NoSource, SyncAction.None, $"the vault has no secret {source.Secret}");
            if (remote is null) return new(name, SyncState.Missing, SyncAction.Create, "it is not there");
            if (entry is null) return Others(name, SyncState.Foreign, "it is there, and not from here");
            if (remote.UpdatedAt != entry.UpdatedAt) return Others(name, SyncState.Tampered, "somebody else wrote it since");
            if (source.Secret == entry.Secret && source.Version == entry.Version) return new(name, SyncState.InSync, SyncAction.None, entry.IsConfirmed ? "nothing changed" : "it was written when a push was cut off, most likely by that");
            return source.Fingerprint == entry.Fingerprint
                ? new(name, SyncState.InSync, SyncAction.Adopt, "a new version with the same value")
                : new(name, SyncState.Stale, SyncAction.Update, "the vault has a new version");
        }

        private SyncStep Others(string name, SyncState state, string what) => Rules.Overwrites
            ? new(name, state, SyncAction.Update, $"{what}; it is to be overwritten")
            : new(name, state, SyncAction.None, $"{what}; it stays unless it is to be overwritten");

        private SyncStep DecideOrphan(string name, RemoteSecret? remote, LedgerEntry entry)
        {
            if (remote is null) return new(name, SyncState.Orphan, SyncAction.Adopt, "it is wanted no longer, and gone");
            if (remote.UpdatedAt != entry.UpdatedAt) return new(name, SyncState.Orphan, SyncAction.None, "it is wanted no longer, but somebody else wrote it since");
            if (!entry.IsConfirmed) return new(name, SyncState.Orphan, SyncAction.None, "it is wanted no longer, but a push was cut off as it was written: perhaps it is another's");
            if (!Rules.Prunes) return new(name, SyncState.Orphan, SyncAction.None, "it is wanted no longer; it stays unless it is to be pruned");
            return Ledger.HasPruned || Rules.IsPruneConfirmed
                ? new(name, SyncState.Orphan, SyncAction.Delete, "it is wanted no longer")
                : new(name, SyncState.Orphan, SyncAction.None, "it is wanted no longer; the first prune of a target has to be confirmed") { IsHeldForConsent = true };
        }
    }
}
