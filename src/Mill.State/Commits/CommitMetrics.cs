using System.Diagnostics.Metrics;

namespace Mill.State.Commits;

/// <summary>How the commit pipeline is doing.</summary>
internal static class CommitMetrics
{
    private static readonly Meter Meter = new("Mill.State");

    private static readonly Counter<long> Commands = Meter.CreateCounter<long>("mill.commit.commands", description: "Commands that were committed.");

    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("mill.commit.batch_size", description: "Commands per committed batch.");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>("mill.commit.duration", unit: "s", description: "Time from a batch's transaction to its durability.");

    public static void Record(int commands, TimeSpan duration)
    {
        Commands.Add(commands);
        BatchSize.Record(commands);
        Duration.Record(duration.TotalSeconds);
    }
}
