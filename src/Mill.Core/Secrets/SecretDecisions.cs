using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Secrets;

/// <summary>What a write does to a history. Pure: the sealed record comes in from outside.</summary>
public static class SecretDecisions
{
    /// <summary>The failure that stands for a secret that does not exist and for one that the caller may not see.</summary>
    public static MillException NotFound(SecretName name) =>
        new(MillError.NotFound, $"Secret \"{name}\" was not found.") { Hint = "List the names you can see: mill secret list" };

    /// <summary>The version that a new value gets.</summary>
    public static VersionDraft Draft(SecretId id, SecretHistory? history, ValueKind kind, Timestamp now, string createdBy, string requestId) =>
        new(id, (history?.LastVersion ?? 0) + 1, now, createdBy, requestId, kind, history?.LastDigest ?? RecordDigest.None);

    /// <summary>Puts a new version, and ends the one before where it is still current.</summary>
    public static IEnumerable<StateChange> Append(SecretHistory? history, SecretVersion version)
    {
        if (history?.Current is { } current) yield return Ended(current, VersionState.Superseded, version.ValidFrom);
        yield return Put(version);
    }

    /// <summary>Ends the current version.</summary>
    public static StateChange Delete(SecretVersion current, Timestamp now) => Ended(current, VersionState.Deleted, now);

    /// <summary>
    /// Takes the data keys of versions away. A current version ends with it: a secret whose value is gone does not exist.
    /// Throws <see cref="MillError.NotFound"/> for a version that is not there; destroying again changes nothing.
    /// </summary>
    public static IReadOnlyList<StateChange> Destroy(SecretHistory history, IReadOnlyList<int>? versions, Timestamp now)
    {
        var chosen = versions is null ? history.Versions : (IEnumerable<SecretVersion>)[.. versions.Distinct().Select(number => Find(history, number))];
        return [.. chosen.Where(version => version.State is not VersionState.Destroyed).Select(version => Destroyed(version, now))];
    }

    private static SecretVersion Find(SecretHistory history, int version) =>
        history.Find(version) ?? throw new MillException(MillError.NotFound, $"Secret \"{history.Name}\" has no version {version}.")
        {
            Hint = $"See which versions there are: mill secret history {history.Name}",
        };

    private static StateChange Ended(SecretVersion version, VersionState state, Timestamp now) => Put(version with { State = state, ValidTo = now });

    private static StateChange Destroyed(SecretVersion version, Timestamp now) =>
        Put(version with { State = VersionState.Destroyed, WrappedKey = null, ValidTo = version.ValidTo ?? now });

    private static StateChange Put(SecretVersion version) => new(version.Key, version);
}
