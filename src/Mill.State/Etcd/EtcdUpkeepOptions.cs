namespace Mill.State.Etcd;

/// <summary>What etcd keeps of the past, how large it may grow, and how often that is looked after.</summary>
public sealed record EtcdUpkeepOptions
{
    /// <summary>etcd's own, and what a node has that does not tell.</summary>
    public const long DefaultQuotaBytes = 2L << 30;

    /// <summary>The member that Mill runs on this node; null where somebody else runs etcd: then all members are looked at, and room is that person's business.</summary>
    public OwnEtcdMember? Own { get; init; }

    /// <summary>How often to look.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often while a member of Mill's own is full and nothing can be written.</summary>
    public TimeSpan IntervalWhenFull { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>So many revisions are kept, however old. Watches that are further behind read everything again.</summary>
    public long KeepRevisions { get; init; } = 10_000;

    /// <summary>Revisions of this age are kept, however many. Longer than any read of the whole store takes.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>etcd's <c>--quota-backend-bytes</c>, which it does not tell. Beyond it nothing is written.</summary>
    public long QuotaBytes { get; init; } = DefaultQuotaBytes;
}

/// <summary>The member that Mill runs on this node.</summary>
/// <param name="Directory">On the file system of its database: written anew, that needs its space twice.</param>
public sealed record OwnEtcdMember(string Name, string Directory, EtcdNeighbours Neighbours)
{
    /// <summary>How long to wait for the answer to a defragmentation: at 20 MB a second, 12 GB. One that takes longer goes on all the same.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);
}
