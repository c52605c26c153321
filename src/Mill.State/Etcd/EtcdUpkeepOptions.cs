namespace Mill.State.Etcd;

/// <summary>What etcd keeps of the past, and how often that is looked after.</summary>
public sealed record EtcdUpkeepOptions
{
    /// <summary>The name of the one member that can be reached from here, which is then the only one to be looked at; null to look at all.</summary>
    public string? OwnName { get; init; }

    /// <summary>How often to look.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>So many revisions are kept, however old. Watches that are further behind read everything again.</summary>
    public long KeepRevisions { get; init; } = 10_000;

    /// <summary>Revisions of this age are kept, however many. Longer than any read of the whole store takes.</summary>
    public TimeSpan KeepFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>etcd's <c>--quota-backend-bytes</c>, which it does not tell. Beyond it nothing is written.</summary>
    public long QuotaBytes { get; init; } = 2L << 30;
}
