namespace Mill.ClusterTests.Crashes;

/// <summary>What is known of one secret: every version that must be there, and where it was deleted.</summary>
internal sealed class ExpectedSecret(string name)
{
    public string Name { get; } = name;

    public SortedDictionary<int, ExpectedVersion> Versions { get; } = [];

    /// <summary>Versions that a deletion ended, with its instant where that was told.</summary>
    public Dictionary<int, string?> Deletions { get; } = [];

    /// <summary>Written by one client only, so that its state is known at every moment.</summary>
    public bool IsOwned => !IsShared(Name);

    public int LastVersion => Versions.Count == 0 ? 0 : Versions.Keys.Last();

    public ExpectedVersion? Current => Versions.Count == 0 || Deletions.ContainsKey(LastVersion) ? null : Versions[LastVersion];

    public static bool IsShared(string name) => name.StartsWith("shared", StringComparison.Ordinal);
}

/// <param name="Instant">When it became valid, as the server wrote it; such texts sort as the moments do.</param>
internal sealed record ExpectedVersion(int Number, long Sequence, string Instant);
