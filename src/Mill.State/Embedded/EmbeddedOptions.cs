namespace Mill.State.Embedded;

/// <summary>How the embedded engine trades memory and disk.</summary>
internal sealed record EmbeddedOptions
{
    /// <summary>How many commits a watcher may fall behind.</summary>
    public int KnownCommits { get; init; } = 4096;

    /// <summary>How much of them is kept, in bytes.</summary>
    public long KnownBytes { get; init; } = 32 * 1024 * 1024;

    /// <summary>The revision of a store that is made new, before its first commit. One that is there keeps its own.</summary>
    public long FirstRevision { get; init; }

    /// <summary>Log pages after which they are copied into the database. More makes copying rarer and each time longer.</summary>
    public int CheckpointPages { get; init; } = 300;
}
