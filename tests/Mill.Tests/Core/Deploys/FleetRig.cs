using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Specs;

namespace Mill.Tests.Core.Deploys;

/// <summary>A fleet whose nodes do what they are told, after a while: decisions and time, and nothing else.</summary>
internal sealed class FleetRig
{
    public static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<NodeId, TimeSpan> _heard = [];
    private readonly Dictionary<string, NodeId> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _starts = new(StringComparer.Ordinal);
    private readonly decimal _cpu;
    private readonly long _memory;
    private TimeSpan _elapsed;
    private TimeSpan _since;

    public FleetRig(int nodes, decimal cpu = 8, long memory = 16L << 30)
    {
        (_cpu, _memory) = (cpu, memory);
        Now = Timestamp.From(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        for (var i = 1; i <= nodes; i++) Hear(Node(i));
    }

    /// <summary>One that has a state already.</summary>
    public FleetRig(int nodes, FleetState fleet)
        : this(nodes) => Fleet = Fleet.Nodes.Aggregate(fleet, (state, node) => state.Apply(new(new NodeStateKey(node.Key), node.Value))!);

    public FleetState Fleet { get; private set; } = FleetState.Empty;

    /// <summary>By the clock of whoever leads.</summary>
    public Timestamp Now { get; private set; }

    /// <summary>What becomes of a container of an image; null for one that is healthy in the end.</summary>
    public Func<AllocRecord, AllocReport?> Fate { get; set; } = _ => null;

    /// <summary>Nodes that say nothing. Their containers go on.</summary>
    public HashSet<NodeId> Silent { get; } = [];

    /// <summary>Nodes whose engine is gone, and their containers with it for as long as that is so.</summary>
    public HashSet<NodeId> Broken { get; } = [];

    /// <summary>Images that nobody has.</summary>
    public HashSet<string> Missing { get; } = new(StringComparer.Ordinal);

    /// <summary>What is fetched for ever.</summary>
    public Func<AllocRecord, bool> IsSlow { get; set; } = _ => false;

    /// <summary>How far the clocks of nodes are off.</summary>
    public Dictionary<NodeId, TimeSpan> Skew { get; } = [];

    /// <summary>Whether what a node says is heard twice.</summary>
    public Func<bool> IsTwice { get; set; } = () => false;

    /// <summary>How much is decided in one go.</summary>
    public StoreLimits Portion { get; set; } = StoreLimits.None;

    /// <summary>Called after each step, with the fleet before it.</summary>
    public Action<FleetState>? Watch { get; set; }

    /// <summary>Called after each draft of what was decided, with the fleet before it: a step may take several.</summary>
    public Action<FleetState>? WatchDraft { get; set; }

    /// <summary>What runs somewhere, whatever anybody knows of it.</summary>
    public IReadOnlyCollection<string> Containers => _containers.Keys;

    /// <summary>How many times each allocation was begun.</summary>
    public IReadOnlyDictionary<string, int> Starts => _starts;

    public static NodeId Node(int number) => NodeId.TryParse(number.ToString("x16", CultureInfo.InvariantCulture), out var id) ? id : throw new ArgumentException("no id", nameof(number));

    public static DeploySpec Spec(string text) => MillFile.Read(new("app.mill", text));

    public DeployRecord Deploy(string text) => Change(draft => DeployRules.Begin(draft, Spec(text), TenantId.Default, "ann"));

    public T Change<T>(Func<FleetDraft, T> change)
    {
        var draft = new FleetDraft(Fleet, Now);
        var answer = change(draft);
        Take(draft);
        return answer;
    }

    public void Drain(int node, bool isDraining = true) => Change(draft => isDraining ? NodeRules.Drain(draft, Node(node), "ann") : NodeRules.Undrain(draft, Node(node), "ann"));

    /// <summary>Another leader, that has heard of nobody.</summary>
    public void ChangeLeader()
    {
        _heard.Clear();
        _since = _elapsed;
    }

    /// <summary>The clock of whoever leads is set.</summary>
    public void SetClock(TimeSpan by) => Now += by;

    public IReadOnlyList<AllocRecord> Active(string service) => [.. Fleet.AllocsOf(service).Where(alloc => !alloc.IsTerminal)];

    public IReadOnlyList<AllocRecord> Healthy(string service) => [.. Active(service).Where(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false })];

    /// <summary>A while, second by second.</summary>
    public void Pass(int seconds)
    {
        for (; seconds > 0; seconds--) Step(TimeSpan.FromSeconds(1));
    }

    /// <summary>Until the first of the deploys that are at work has ended, for half an hour at most.</summary>
    public DeployRecord Finish()
    {
        var number = Fleet.Deploying.Keys.First();
        for (var seconds = 0; seconds < 1800 && !Fleet.Deploys[number].IsOver; seconds++) Pass(1);
        return Fleet.Deploys[number];
    }

    public void Step(TimeSpan time)
    {
        var before = Fleet;
        Now += time;
        _elapsed += time;
        foreach (var node in Fleet.Nodes.Keys.Where(node => !Silent.Contains(node))) Hear(node);
        Decide();
        Watch?.Invoke(before);
    }

    /// <summary>Asks until there is nothing more to do, and sees that asking again changes nothing.</summary>
    public void Decide()
    {
        for (var round = 0; round < 1000; round++)
        {
            var draft = new FleetDraft(Fleet, Now, Portion);
            FleetDecisions.Decide(draft, new(_elapsed - _since, _heard.ToDictionary(node => node.Key, node => _elapsed - node.Value), NodeTimeout));
            if (draft.Changes.Count is 0) return;
            var before = Fleet;
            Take(draft);
            WatchDraft?.Invoke(before);
        }
        throw new InvalidOperationException("There is always something more to do.");
    }

    /// <summary>Everything that is written can be read again: what cannot would be the end of the store.</summary>
    private void Take(FleetDraft draft)
    {
        foreach (var (key, record) in draft.Changes)
        {
            if (RecordKey.Parse(key.ToString()) != key) throw new InvalidOperationException($"{key} is read as another key.");
            if (record is not null) RecordCodec.Decode(key, RecordCodec.Encode(record));
        }
        Fleet = draft.Fleet;
    }

    private void Hear(NodeId node)
    {
        _heard[node] = _elapsed;
        var isBroken = Broken.Contains(node);
        foreach (var id in _containers.Where(container => container.Value == node && (isBroken || !Fleet.Allocs.TryGetValue(container.Key, out var alloc) || alloc.IsTerminal)).Select(container => container.Key).ToList()) _containers.Remove(id);
        var labels = new Dictionary<string, string> { ["number"] = int.Parse(node.Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture) };
        var allocs = isBroken ? [] : Fleet.AllocsOn(node).Where(alloc => !alloc.IsTerminal).Select(Report).OfType<AllocReport>().ToList();
        var report = new NodeReport(node, _cpu, _memory, labels, allocs) { NotReady = isBroken ? "no engine" : null };
        Change(draft => NodeRules.Hear(draft, report));
        if (IsTwice()) Change(draft => NodeRules.Hear(draft, report));
    }

    private AllocReport? Report(AllocRecord alloc)
    {
        var report = new AllocReport { Id = alloc.Id, Status = alloc.Status, Restarts = alloc.Restarts, StartedAt = alloc.StartedAt };
        if (alloc.StopAskedAt is { } asked && asked + (alloc.Drain ?? TimeSpan.Zero) <= Now) return Told(report with { Status = AllocStatus.Stopped, ExitCode = 143 });
        if (alloc.StopAskedAt is not null && alloc.Status is not AllocStatus.Healthy) return null;
        if (alloc.Kind is AllocKind.Pull) return IsSlow(alloc) ? null : Missing.Contains(alloc.Container.Image) ? report with { Status = AllocStatus.Failed, Reason = "there is no such image" } : report with { Status = AllocStatus.Stopped, ExitCode = 0 };
        if (alloc.Status is AllocStatus.Pulling && Missing.Contains(alloc.Container.Image)) return Told(report with { Status = AllocStatus.Failed, Reason = "there is no such image" });
        if (alloc.Status is AllocStatus.Pulling)
        {
            _starts[alloc.Id] = _starts.GetValueOrDefault(alloc.Id) + 1;
            _containers[alloc.Id] = alloc.Node;
            return report with { Status = AllocStatus.Starting };
        }
        // Its container went with the engine.
        if (!_containers.ContainsKey(alloc.Id)) return Told(report with { Status = AllocStatus.Failed, Reason = "its container is gone" });
        if (alloc.IsStopping) return null;
        if (Fate(alloc) is { } fate) return Told(fate);
        if (alloc.Status is AllocStatus.Starting) return report with { Status = AllocStatus.Running, StartedAt = Now + Skew.GetValueOrDefault(alloc.Node), Address = $"10.0.0.1:{49152 + alloc.Id.Length}" };
        if (alloc.Kind is not AllocKind.Service) return Told(report with { Status = AllocStatus.Stopped, ExitCode = 0 });
        return alloc.Status is AllocStatus.Running ? report with { Status = AllocStatus.Healthy } : null;
    }

    private AllocReport Told(AllocReport report)
    {
        if (report.Status is AllocStatus.Stopped or AllocStatus.Failed) _containers.Remove(report.Id);
        return report;
    }
}
