using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>All faults there are, in an order that a seed decides: each comes once before any comes again.</summary>
internal sealed class FaultDeck(Random random, string? only)
{
    private readonly Queue<Fault> _deck = new();

    public Fault Next()
    {
        if (_deck.Count == 0)
        {
            var all = All().Where(fault => only is null || fault.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToArray();
            random.Shuffle(all);
            foreach (var fault in all) _deck.Enqueue(fault);
        }
        return _deck.Dequeue();
    }

    private static IEnumerable<Fault> All()
    {
        yield return new KilledNode(leads: true);
        yield return new KilledNode(leads: false);
        yield return new KilledEngine(leads: true);
        yield return new KilledEngine(leads: false);
        yield return new KilledCluster();
        yield return new StoppedLeader();
        yield return new FrozenNode(leads: true);
        yield return new FrozenNode(leads: false);
        yield return new FrozenProcess();
        yield return new CutOff(leads: true);
        yield return new CutOff(leads: false);
        yield return new CutOneWay(outgoing: true);
        yield return new CutOneWay(outgoing: false);
        yield return new CutPair();
        yield return new BadLinks();
        yield return new FullDisk();
        yield return new LeaderTransfers();
        yield return new OtherMembers();
        if (StepClock.Library is null) yield break;
        yield return new SteppedClock(leads: true);
        yield return new SteppedClock(leads: false);
    }
}
