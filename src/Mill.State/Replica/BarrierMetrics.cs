using System.Diagnostics.Metrics;

namespace Mill.State.Replica;

/// <summary>What it costs this node to know that its state is the latest.</summary>
internal static class BarrierMetrics
{
    private static readonly Meter Meter = new("Mill.State");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "mill.barrier.duration", unit: "s", description: "Time of one question to the leader or to a quorum, which many reads share.");

    public static void Record(string asked, bool answered, TimeSpan duration)
    {
        if (Duration.Enabled) Duration.Record(duration.TotalSeconds, new("asked", asked), new("answered", answered ? "true" : "false"));
    }
}
