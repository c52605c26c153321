using System.Diagnostics.Metrics;

namespace Mill.State.Leadership;

/// <summary>Who leads, and how often that changes.</summary>
internal static class LeadershipMetrics
{
    private static readonly Meter Meter = new("Mill.State");

    private static readonly UpDownCounter<int> IsLeader = Meter.CreateUpDownCounter<int>("mill.leader.is_leader", description: "1 while this node leads.");

    private static readonly Counter<long> Taken = Meter.CreateCounter<long>("mill.leader.terms", description: "How often this node took office.");

    private static readonly Counter<long> Changes = Meter.CreateCounter<long>("mill.leader.changes", description: "How often this node saw another leader, itself included.");

    public static void TookOffice()
    {
        IsLeader.Add(1);
        Taken.Add(1);
    }

    public static void LeftOffice() => IsLeader.Add(-1);

    public static void Changed() => Changes.Add(1);
}
