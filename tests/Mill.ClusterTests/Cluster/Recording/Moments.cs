using Mill.Client.Contracts;
using Mill.Testing.Histories;

namespace Mill.ClusterTests.Cluster.Recording;

/// <summary>Moments as the checker counts them: microseconds since 1970.</summary>
internal static class Moments
{
    public static long From(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset ToTime(long moment) => DateTimeOffset.UnixEpoch.AddTicks(moment * TimeSpan.TicksPerMicrosecond);

    public static SeenVersion Seen(HistoryItem item) => new(item.Version, item.State, From(item.ValidFrom), item.ValidTo is { } end ? From(end) : null);
}
