using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Mill.Core.Sync;

/// <summary>What Mill wrote to one target, so that it knows its own from what others wrote, and what is old from what is not. It holds no value.</summary>
/// <param name="Target">As <see cref="SecretScope.ToString"/> writes it.</param>
/// <param name="Secrets">By name, as GitHub has it.</param>
/// <param name="Intents">Writes that were about to happen, by name. Those that are still here were cut off, or go on right now.</param>
public sealed record Ledger(string Target, LedgerKey Key, ImmutableSortedDictionary<string, LedgerEntry> Secrets, ImmutableSortedDictionary<string, LedgerIntent> Intents)
{
    /// <summary>Somebody has seen what a prune would delete here, and agreed.</summary>
    public bool HasPruned { get; init; }

    public static Ledger New(SecretScope target, LedgerKey key) =>
        new(target.ToString(), key, ImmutableSortedDictionary.Create<string, LedgerEntry>(StringComparer.Ordinal), ImmutableSortedDictionary.Create<string, LedgerIntent>(StringComparer.Ordinal));

    /// <summary>These writes come next.</summary>
    public Ledger Intending(IEnumerable<KeyValuePair<string, LedgerIntent>> intents) => this with { Intents = Intents.SetItems(intents) };

    /// <summary>This write will not come.</summary>
    public Ledger Withdrawing(string name) => this with { Intents = Intents.Remove(name) };

    /// <summary>The write has come. What is known of a later one stays, and so does what another run intends.</summary>
    /// <param name="run">Which wrote it.</param>
    public Ledger Wrote(string name, LedgerEntry entry, string run)
    {
        var last = Secrets.TryGetValue(name, out var known) ? LastOf(known, entry) : entry;
        return this with { Secrets = Secrets.SetItem(name, last), Intents = Intents.TryGetValue(name, out var intent) && intent.Run == run ? Intents.Remove(name) : Intents };
    }

    /// <summary>It is gone. What somebody wrote since stays known.</summary>
    /// <param name="updatedAt">Of what is gone.</param>
    public Ledger Forgetting(string name, DateTimeOffset updatedAt) => Secrets.TryGetValue(name, out var entry) && entry.UpdatedAt == updatedAt ? this with { Secrets = Secrets.Remove(name) } : this;

    /// <summary>
    /// Settles what was cut off, by what is there now. Where nothing changed, the write never came. Where something did, it is taken for ours and never certain to be: to write it again could be to write it twice,
    /// and to delete it could be to delete another's.
    /// </summary>
    public Ledger Settled(IReadOnlyDictionary<string, RemoteSecret> remote)
    {
        var settled = this;
        foreach (var (name, intent) in Intents)
        {
            var now = remote.GetValueOrDefault(name)?.UpdatedAt;
            if (now is { } moved && moved != intent.Before) settled = settled with { Secrets = settled.Secrets.SetItem(name, intent.Assumed(moved)) };
            settled = settled.Withdrawing(name);
        }
        return settled;
    }

    /// <summary>Which of two writes at the same time came last, nobody knows: with the older version, the newer one is written again.</summary>
    private static LedgerEntry LastOf(LedgerEntry known, LedgerEntry entry)
    {
        if (known.UpdatedAt != entry.UpdatedAt) return known.UpdatedAt > entry.UpdatedAt ? known : entry;
        if (known.Version == entry.Version) return known.IsConfirmed ? known : entry;
        return (known.Version < entry.Version ? known : entry) with { IsUnconfirmed = true };
    }

    // A record prints its members; the key is none of anybody's business.
    public override string ToString() => $"ledger of {Target}";
}

/// <summary>One secret that was written.</summary>
/// <param name="Secret">Its name in the vault.</param>
/// <param name="Version">Of the vault.</param>
/// <param name="Fingerprint">See <see cref="LedgerKey.Fingerprint"/>.</param>
/// <param name="UpdatedAt">What GitHub said right after it.</param>
/// <param name="WrittenAt">By our clock: lists may not know of it yet.</param>
public sealed record LedgerEntry(string Secret, int Version, string Fingerprint, DateTimeOffset UpdatedAt, DateTimeOffset WrittenAt)
{
    /// <summary>Something was written as we were cut off, or right after us; whether it was this, nobody knows.</summary>
    [JsonPropertyName("unconfirmed"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsUnconfirmed { get; init; }

    [JsonIgnore]
    public bool IsConfirmed => !IsUnconfirmed;
}

/// <summary>A write that is about to happen.</summary>
/// <param name="Before">GitHub's <c>updated_at</c> until then; null where there is none.</param>
/// <param name="IntendedAt">By our clock.</param>
/// <param name="Run">Which run of a push it is that writes.</param>
public sealed record LedgerIntent(string Secret, int Version, string Fingerprint, DateTimeOffset? Before, DateTimeOffset IntendedAt, string Run)
{
    public LedgerEntry Written(DateTimeOffset updatedAt, DateTimeOffset at) => new(Secret, Version, Fingerprint, updatedAt, at);

    internal LedgerEntry Assumed(DateTimeOffset updatedAt) => Written(updatedAt, IntendedAt) with { IsUnconfirmed = true };
}
