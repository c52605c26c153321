using System.Collections.Immutable;

namespace Mill.Core.Model;

/// <summary>All versions of one secret that are kept, oldest first, without gaps.</summary>
public sealed record SecretHistory(SecretName Name)
{
    private static readonly ImmutableList<SecretVersion> NoVersions = [];

    public ImmutableList<SecretVersion> Versions { get; init; } = NoVersions;

    /// <summary>What retention removed, if anything; the first kept version follows it.</summary>
    public PrunedRecord? Pruned { get; init; }

    /// <summary>The highest number ever used; zero for a secret that never was.</summary>
    public int LastVersion => Versions.Count > 0 ? Versions[^1].Version : Pruned?.Through ?? 0;

    /// <summary>The version a plain read gives; null while the secret does not exist.</summary>
    public SecretVersion? Current => Versions.Count > 0 && Versions[^1] is { State: VersionState.Current } last ? last : null;

    /// <summary>What the next version's <see cref="SecretVersion.Prev"/> must hold.</summary>
    public byte[] LastDigest => Versions.Count > 0 ? RecordDigest.Of(Versions[^1]) : Pruned?.Digest ?? RecordDigest.None;

    public SecretVersion? Find(int version)
    {
        if (Versions.Count == 0) return null;
        var index = version - Versions[0].Version;
        return index >= 0 && index < Versions.Count ? Versions[index] : null;
    }

    /// <summary>The version that was valid at a moment; null where none was.</summary>
    public SecretVersion? FindAt(Timestamp moment)
    {
        var (low, high) = (0, Versions.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = Versions[middle].ValidFrom <= moment ? (middle, high) : (low, middle - 1);
        }
        return high >= 0 && Versions[low].IsValidAt(moment) ? Versions[low] : null;
    }
}
