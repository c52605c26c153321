using System.Collections.Immutable;
using Mill.Core.Model;

namespace Mill.Simulation.Model;

/// <summary>What the vault must hold, said as plainly as possible: no keys, no digests, no batches.</summary>
internal sealed record ModelState
{
    public static ModelState Empty { get; } = new();

    public ImmutableDictionary<SecretId, ImmutableList<ModelVersion>> Secrets { get; init; } = ImmutableDictionary<SecretId, ImmutableList<ModelVersion>>.Empty;

    public ImmutableDictionary<IdempotencyKey, ModelAnswer> Remembered { get; init; } = ImmutableDictionary<IdempotencyKey, ModelAnswer>.Empty;

    /// <summary>The latest instant that any change happened at.</summary>
    public long LastTime { get; init; }

    public ImmutableList<ModelVersion> Versions(SecretId id) => Secrets.GetValueOrDefault(id) ?? [];

    public ModelVersion? Current(SecretId id) => Versions(id) is [.., { State: VersionState.Current } last] ? last : null;

    public ModelVersion? Find(SecretId id, int number) => Versions(id).Find(version => version.Number == number);

    /// <summary>Looks at every version, one after another.</summary>
    public ModelVersion? FindAt(SecretId id, long moment) => Versions(id).Find(version => version.From <= moment && (version.To is null || moment < version.To));

    public IEnumerable<(string Name, int Version)> Existing(TenantId tenant) =>
        Secrets.Where(pair => pair.Key.Tenant == tenant && pair.Value[^1].State is VersionState.Current)
            .Select(pair => (pair.Key.Name.Value, pair.Value[^1].Number))
            .OrderBy(pair => pair.Value, StringComparer.Ordinal);

    public ModelState With(SecretId id, ModelVersion version)
    {
        var versions = Versions(id);
        var index = versions.FindIndex(other => other.Number == version.Number);
        return this with { Secrets = Secrets.SetItem(id, index < 0 ? versions.Add(version) : versions.SetItem(index, version)) };
    }

    /// <summary>Moves on to an instant, which must be later than every one before.</summary>
    public ModelState At(long time)
    {
        Violation.Unless(time > LastTime, $"commit time {time} does not come after {LastTime}");
        return this with { LastTime = time };
    }
}

internal sealed record ModelVersion(int Number, string Value, string Writer, string Request, long From, long? To, VersionState State);

/// <summary>What was answered under an idempotency key.</summary>
internal sealed record ModelAnswer(string Request, string Text, long AppliedAt);
