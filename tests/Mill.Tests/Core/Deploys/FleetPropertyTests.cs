using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>Whatever happens to a fleet, and in whatever order. A seed always gives the same run: <c>MILL_SEED</c> replays one, <c>MILL_FLEET_RUNS</c> says how many.</summary>
public sealed class FleetPropertyTests
{
    private const int Nodes = 4;
    private const int Services = 3;

    [Fact]
    public void No_order_of_events_overbooks_a_node_leaves_half_a_deploy_or_takes_what_is_healthy()
    {
        var runs = int.Parse(Environment.GetEnvironmentVariable("MILL_FLEET_RUNS") ?? "60", CultureInfo.InvariantCulture);
        var first = int.TryParse(Environment.GetEnvironmentVariable("MILL_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 1;
        for (var run = 0; run < (seed > 0 ? 1 : runs); run++)
        {
            try
            {
                Run(new Random(first + run));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"MILL_SEED={first + run}: {e.Message}", e);
            }
        }
    }

    private static void Run(Random random)
    {
        var rig = new FleetRig(Nodes, cpu: 4);
        rig.Watch = before => Look(rig, before);
        rig.Fate = alloc => alloc.Container.Image.EndsWith("bad", StringComparison.Ordinal) && alloc.Kind is AllocKind.Service && alloc.Status is not AllocStatus.Pulling
            ? new() { Id = alloc.Id, Status = AllocStatus.Running, Restarts = alloc.Restarts + random.Next(2), ExitCode = 1, Reason = "bad" }
            : null;
        for (var step = 0; step < 150; step++)
        {
            Happen(rig, random);
            rig.Pass(random.Next(1, 12));
        }
        Settle(rig);
    }

    private static void Happen(FleetRig rig, Random random)
    {
        var node = random.Next(1, Nodes + 1);
        switch (random.Next(8))
        {
            case 0 or 1:
                Try(() => rig.Deploy(Spec(random)));
                break;
            case 2:
                Try(() => rig.Change(draft => DeployRules.Restart(draft, $"s{random.Next(Services)}", TenantId.Default, "ann")));
                break;
            case 3 when rig.Silent.Count < 2:
                rig.Silent.Add(FleetRig.Node(node));
                break;
            case 4:
                rig.Silent.Clear();
                break;
            case 5:
                rig.Drain(node, random.Next(3) is 0);
                break;
            case 6:
                rig.ChangeLeader();
                break;
            default:
                Try(() => rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann")));
                break;
        }
    }

    /// <summary>In the end there is a fleet that works, and a good deploy gets through.</summary>
    private static void Settle(FleetRig rig)
    {
        rig.Silent.Clear();
        for (var node = 1; node <= Nodes; node++) rig.Drain(node, false);
        rig.Pass(700);
        Assert.Null(rig.Fleet.Deploying);
        rig.Deploy("service \"s0\" {\n image = \"last\"\n replicas = 4\n}");
        Assert.False(rig.Finish().HasFailed);
        rig.Pass(60);
        Assert.Equal(["s0"], rig.Fleet.Services.Keys);
        Assert.Equal(4, rig.Healthy("s0").Count);
        Assert.Equal(4, rig.Fleet.Allocs.Values.Count(alloc => alloc is { Kind: AllocKind.Service, IsTerminal: false }));
        Assert.True(rig.Fleet.Allocs.Count < 300);
    }

    private static void Look(FleetRig rig, FleetState before)
    {
        var fleet = rig.Fleet;
        foreach (var node in fleet.Nodes.Values)
        {
            var there = fleet.Allocs.Values.Where(alloc => !alloc.IsTerminal && alloc.Node == node.Node).ToList();
            Assert.True(there.Sum(alloc => alloc.Container.Cpu) <= node.Cpu, $"{node.Node} has more than it can take");
            if (node.IsDown) Assert.Empty(there);
        }
        Assert.True(fleet.Deploys.Values.Count(deploy => !deploy.IsOver) <= 1);
        foreach (var service in fleet.Services.Values.Where(service => fleet.Deploying is null || !fleet.Deploying.Steps.Any(step => step.Service == service.Spec.Name && !step.IsOver))) Assert.Null(service.Previous);
        foreach (var alloc in before.Allocs.Values.Where(alloc => alloc.IsTerminal && fleet.Allocs.ContainsKey(alloc.Id))) Assert.True(fleet.Allocs[alloc.Id].IsTerminal, $"{alloc.Id} came back");
        LookAtServing(rig, before);
    }

    /// <summary>What serves is stopped by nobody but where others serve in its place, there are too many, or it was to end for good.</summary>
    private static void LookAtServing(FleetRig rig, FleetState before)
    {
        foreach (var service in rig.Fleet.Services.Values.Where(service => before.Services.ContainsKey(service.Spec.Name)))
        {
            var name = service.Spec.Name;
            var stopped = before.AllocsOf(name).Where(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false } && rig.Fleet.Allocs.TryGetValue(alloc.Id, out var now) && now is { IsStopping: true, IsLost: false }).ToList();
            if (stopped.Count is 0) continue;
            // A deploy that fails may bring back more than it was to leave.
            var replicas = Math.Min(service.Spec.Replicas, before.Services[name].Spec.Replicas);
            Assert.True(rig.Healthy(name).Count >= replicas, $"{stopped[0].Id} was stopped, and only {rig.Healthy(name).Count} of {replicas} serve");
        }
    }

    private static string Spec(Random random) => string.Concat(Enumerable.Range(0, Services).Where(_ => random.Next(5) > 0).Select(service =>
        $"service \"s{service}\" {{\n image = \"{(random.Next(4) is 0 ? "bad" : $"v{random.Next(3)}")}\"\n replicas = {random.Next(4)}\n cpu = {random.Next(1, 3)}\n update {{ max_parallel = {random.Next(1, 3)} }}\n}}\n"))
        + "task \"job\" { image = \"job\" }\n";

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is MillException or KeyNotFoundException)
        {
            // What cannot be done now is refused, and changes nothing.
        }
    }
}
