using System.Diagnostics.Metrics;

namespace Mill.Server.Peers;

/// <summary>Requests that were passed on to the leader, by what came of it.</summary>
internal static class ForwardMetrics
{
    private static readonly Meter Meter = new("Mill.Server");

    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "mill.forward.duration",
        unit: "s",
        description: "Time from passing a write on to the leader until its answer is through, or is not to be had.");

    public static void Record(RelayResult result, TimeSpan duration)
    {
        if (Duration.Enabled) Duration.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", TextOf(result)));
    }

    private static string TextOf(RelayResult result) => result switch
    {
        RelayResult.Answered => "answered",
        RelayResult.NotSent => "not_sent",
        RelayResult.Refused => "refused",
        _ => "lost",
    };
}
