using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Tests.Core.Deploys;

/// <summary>A fleet whose nodes do what they are told, after a while: decisions and time, and nothing else.</summary>
internal sealed class FleetRig
{
    public static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<NodeId, Timestamp> _heard = [];
    private Timestamp _since;

    public FleetRig(int nodes, decimal cpu = 8, long memory = 16L << 30)
    {
        Now = Timestamp.From(new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
        _since = Now;
        for (var i = 1; i <= nodes; i++)
        {
            var node = Node(i);
            Fleet = Fleet.Apply(new(new NodeStateKey(node), new NodeStateRecord { Node = node, Cpu = cpu, Memory = memory, Labels = new Dictionary<string, string> { ["number"] = i.ToString(CultureInfo.InvariantCulture) }, Since = Now }))!;
        }
    }

    public FleetState Fleet { get; private set; } = FleetState.Empty;

    public Timestamp Now { get; private set; }

    /// <summary>What becomes of a container of an image; null for one that is healthy in the end.</summary>
    public Func<AllocRecord, AllocReport?> Fate { get; set; } = _ => null;

    /// <summary>Nodes that say nothing.</summary>
    public HashSet<NodeId> Silent { get; } = [];

    /// <summary>Called after each step, with the fleet before it.</summary>
    public Action<FleetState>? Watch { get; set; }

    public static NodeId Node(int number) => NodeId.TryParse(number.ToString("x16", CultureInfo.InvariantCulture), out var id) ? id : throw new ArgumentException("no id", nameof(number));

    public static DeploySpec Spec(string text) => MillFile.Read(new("app.mill", text));

    public DeployRecord Deploy(string text) => Change(draft => DeployRules.Begin(draft, Spec(text), TenantId.Default, "ann"));

    public T Change<T>(Func<FleetDraft, T> change)
    {
        var draft = new FleetDraft(Fleet, Now);
        var answer = change(draft);
        Fleet = draft.Fleet;
        return answer;
    }

    public void Drain(int node, bool isDraining = true) => Change(draft =>
    {
        draft.Put(new NodeStateKey(Node(node)), draft.Fleet.Nodes[Node(node)] with { IsDraining = isDraining });
        return 0;
    });

    /// <summary>Another leader, that has heard of nobody.</summary>
    public void ChangeLeader()
    {
        _heard.Clear();
        _since = Now;
    }

    public IReadOnlyList<AllocRecord> Active(string service) => [.. Fleet.AllocsOf(service).Where(alloc => !alloc.IsTerminal)];

    public IReadOnlyList<AllocRecord> Healthy(string service) => [.. Active(service).Where(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false })];

    /// <summary>A while, second by second.</summary>
    public void Pass(int seconds)
    {
        for (; seconds > 0; seconds--) Step(TimeSpan.FromSeconds(1));
    }

    /// <summary>Until the deploy that is at work has ended, for ten minutes at most.</summary>
    public DeployRecord Finish()
    {
        var number = Fleet.Deploying!.Number;
        for (var seconds = 0; seconds < 600 && !Fleet.Deploys[number].IsOver; seconds++) Pass(1);
        return Fleet.Deploys[number];
    }

    public void Step(TimeSpan time)
    {
        var before = Fleet;
        Now += time;
        foreach (var node in Fleet.Nodes.Keys.Where(node => !Silent.Contains(node)))
        {
            _heard[node] = Now;
            Change(draft =>
            {
                if (draft.Fleet.Nodes[node].IsDown) draft.Put(new NodeStateKey(node), draft.Fleet.Nodes[node] with { IsDown = false });
                return 0;
            });
        }
        foreach (var alloc in Fleet.Allocs.Values.Where(alloc => !alloc.IsTerminal && !Silent.Contains(alloc.Node)))
        {
            if (Report(alloc) is { } report) Change(draft => { report.Apply(draft, alloc.Node); return 0; });
        }
        Decide();
        Watch?.Invoke(before);
    }

    /// <summary>Asks until there is nothing more to do, and sees that asking again changes nothing.</summary>
    public void Decide()
    {
        for (var round = 0; round < 100; round++)
        {
            var draft = FleetDecisions.Next(Fleet, new(_since, _heard, NodeTimeout), Now);
            if (draft.Changes.Count is 0) return;
            Fleet = draft.Fleet;
        }
        throw new InvalidOperationException("There is always something more to do.");
    }

    private AllocReport? Report(AllocRecord alloc)
    {
        var report = new AllocReport { Id = alloc.Id, Status = alloc.Status, Restarts = alloc.Restarts };
        if (alloc.StopAskedAt is { } asked) return asked + (alloc.Drain ?? TimeSpan.Zero) <= Now ? report with { Status = AllocStatus.Stopped, ExitCode = 143 } : null;
        if (alloc.Status is AllocStatus.Pulling) return report with { Status = AllocStatus.Starting };
        if (Fate(alloc) is { } fate) return fate;
        if (alloc.Status is AllocStatus.Starting) return report with { Status = AllocStatus.Running, StartedAt = Now, Address = $"10.0.0.1:{49152 + alloc.Id.Length}" };
        if (alloc.Kind is not AllocKind.Service) return report with { Status = AllocStatus.Stopped, ExitCode = 0 };
        return alloc.Status is AllocStatus.Running ? report with { Status = AllocStatus.Healthy } : null;
    }
}
