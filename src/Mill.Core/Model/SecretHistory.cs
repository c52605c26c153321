using System.Collections.Immutable;

namespace Mill.Core.Model;

/// <summary>All versions of one secret that are kept, oldest first, without gaps.</summary>
public sealed record SecretHistory(SecretName Name)
{
    private static readonly ImmutableList<SecretVersion> NoVersions = [];

    public ImmutableList<SecretVersion> Versions
    {
        get;
        init => (field, Latest) = (value, value.Count > 0 ? value[^1] : null);
    } = NoVersions;

    /// <summary>The newest version that is kept. It stands here too, because a read of a large store waits for every place in memory it must look at.</summary>
    public SecretVersion? Latest { get; private init; }

    /// <summary>What retention removed, if anything; the first kept version follows it.</summary>
    public PrunedRecord? Pruned { get; init; }

    /// <summary>The highest number ever used; zero for a secret that never was.</summary>
    public int LastVersion => Latest?.Version ?? Pruned?.Through ?? 0;

    /// <summary>The version a plain read gives; null while the secret does not exist.</summary>
    public SecretVersion? Current => Latest is { State: VersionState.Current } latest ? latest : null;

    /// <summary>What the next version's <see cref="SecretVersion.Prev"/> must hold.</summary>
    public byte[] LastDigest => Latest is { } latest ? RecordDigest.Of(latest) : Pruned?.Digest ?? RecordDigest.None;

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
