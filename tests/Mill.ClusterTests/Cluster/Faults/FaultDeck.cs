using Mill.ClusterTests.Cluster.Rig;

namespace Mill.ClusterTests.Cluster.Faults;

/// <summary>
/// All faults there are, dealt kind by kind in an order that a seed decides: so many in a row as there are kinds hold one of each. Which variant of a kind comes is left to the seed
/// too, and each comes once before any comes again.
/// </summary>
internal sealed class FaultDeck
{
    private readonly Random _random;
    private readonly (FaultKind Kind, Fault[] Variants)[] _kinds;
    private readonly Queue<(FaultKind Kind, Fault Fault)> _deck = new();
    private int _deals;

    /// <param name="only">Takes only those with this in their name; null for all.</param>
    public FaultDeck(Random random, string? only)
    {
        _random = random;
        _kinds = [.. All()
            .Select(kind => (kind.Kind, Variants: kind.Variants.Where(fault => only is null || fault.Name.Contains(only, StringComparison.OrdinalIgnoreCase)).ToArray()))
            .Where(kind => kind.Variants.Length > 0)];
        if (_kinds.Length == 0) throw new ArgumentException($"No fault has this in its name: {only}", nameof(only));
        foreach (var (_, variants) in _kinds) random.Shuffle(variants);
    }

    public IEnumerable<FaultKind> Kinds => _kinds.Select(kind => kind.Kind);

    public (FaultKind Kind, Fault Fault) Next()
    {
        if (_deck.Count == 0) Deal();
        return _deck.Dequeue();
    }

    private void Deal()
    {
        _random.Shuffle(_kinds);
        foreach (var (kind, variants) in _kinds) _deck.Enqueue((kind, variants[_deals % variants.Length]));
        _deals++;
    }

    private static IEnumerable<(FaultKind Kind, Fault[] Variants)> All()
    {
        yield return (FaultKind.LeaderKilled, [new KilledNode(leads: true)]);
        yield return (FaultKind.FollowerKilled, [new KilledNode(leads: false)]);
        yield return (FaultKind.EngineKilled, [new KilledEngine(leads: true), new KilledEngine(leads: false)]);
        yield return (FaultKind.Frozen, [new FrozenNode(leads: true), new FrozenNode(leads: false), new FrozenProcess()]);
        yield return (FaultKind.Cut, [new CutOff(leads: true), new CutOff(leads: false), new CutPair()]);
        yield return (FaultKind.CutOneWay, [new CutOneWay(outgoing: true), new CutOneWay(outgoing: false)]);
        yield return (FaultKind.BadLinks, [new BadLinks()]);
        yield return (FaultKind.FullDisk, [new FullDisk()]);
        yield return (FaultKind.OtherMembers, [new OtherMembers()]);
        yield return (FaultKind.AllKilled, [new KilledCluster()]);
        yield return (FaultKind.StopOrHandOver, [new StoppedLeader(), new LeaderTransfers()]);
        if (StepClock.Library is not null) yield return (FaultKind.ClockStepped, [new SteppedClock(leads: true), new SteppedClock(leads: false)]);
    }
}

/// <summary>What a run must hold some of.</summary>
internal enum FaultKind
{
    LeaderKilled,
    FollowerKilled,
    EngineKilled,
    Frozen,
    Cut,
    CutOneWay,
    BadLinks,
    FullDisk,
    OtherMembers,
    ClockStepped,

    /// <summary>What no single lost machine is: nothing is left but what lies on the disks.</summary>
    AllKilled,

    /// <summary>An operator at work.</summary>
    StopOrHandOver,
}
