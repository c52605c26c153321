namespace Mill.Core.Model;

/// <summary>What must hold of every history, whatever happened: used when a store is loaded, by <c>mill verify</c>, and by the simulation.</summary>
public static class HistoryCheck
{
    /// <summary>The first thing that is wrong with the numbers, states or intervals of a history, or null.</summary>
    public static string? FindFault(SecretHistory history)
    {
        var expected = (history.Pruned?.Through ?? 0) + 1;
        SecretVersion? before = null;
        foreach (var version in history.Versions)
        {
            if (version.Version != expected) return $"version {expected} is missing";
            if (FindFault(before, version, isLast: version.Version == history.LastVersion) is { } fault) return $"version {version.Version}: {fault}";
            (before, expected) = (version, expected + 1);
        }
        return null;
    }

    /// <summary>The first version whose <c>prev</c> is not the digest of the one before, or null.</summary>
    public static string? FindBrokenLink(SecretHistory history)
    {
        var expected = history.Pruned?.Digest ?? RecordDigest.None;
        foreach (var version in history.Versions)
        {
            if (!expected.AsSpan().SequenceEqual(version.Prev.Span)) return $"version {version.Version} does not follow what stands before it";
            expected = RecordDigest.Of(version);
        }
        return null;
    }

    private static string? FindFault(SecretVersion? before, SecretVersion version, bool isLast) => version switch
    {
        { ValidTo: { } end } when end <= version.ValidFrom => "its interval is empty",
        { State: VersionState.Current } when !isLast || version.ValidTo is not null => "it is called current, but it ended",
        { State: VersionState.Superseded } when isLast => "it was superseded, but the version that took its place is missing",
        { State: not VersionState.Current, ValidTo: null } => "it ended, but has no end",
        { State: VersionState.Destroyed, WrappedKey: not null } or { State: not VersionState.Destroyed, WrappedKey: null } => "its state and its key disagree",
        _ when before?.ValidTo > version.ValidFrom => "its interval overlaps the one before",
        _ when before is { State: VersionState.Superseded } && before.ValidTo != version.ValidFrom => "there is a gap before it",
        _ => null,
    };
}
