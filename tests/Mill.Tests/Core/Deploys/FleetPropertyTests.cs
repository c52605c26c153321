using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Deploys;

/// <summary>Whatever happens to a fleet, and in whatever order. A seed always gives the same run: <c>MILL_SEED</c> replays one, <c>MILL_FLEET_RUNS</c> says how many.</summary>
public sealed class FleetPropertyTests
{
    private const int Nodes = 4;
    private const int Services = 3;

    /// <summary>No deploy takes longer, whatever happens meanwhile.</summary>
    private static readonly TimeSpan LongestDeploy = TimeSpan.FromMinutes(45);

    [Fact]
    public void No_order_of_events_overbooks_a_node_leaves_half_a_deploy_or_takes_what_is_healthy()
    {
        var runs = int.Parse(Environment.GetEnvironmentVariable("MILL_FLEET_RUNS") ?? "60", CultureInfo.InvariantCulture);
        var first = int.TryParse(Environment.GetEnvironmentVariable("MILL_SEED"), NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? seed : 1;
        for (var run = 0; run < (seed > 0 ? 1 : runs); run++)
        {
            try
            {
                new Story(new Random(first + run)).Run();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"MILL_SEED={first + run}: {e.Message}", e);
            }
        }
    }

    private sealed class Story
    {
        private static readonly TenantId Other = TenantId.TryParse("other", out var tenant) ? tenant : throw new InvalidOperationException("no tenant");

        private readonly Random _random;
        private readonly FleetRig _rig = new(Nodes, cpu: 4);
        private readonly HashSet<(int Deploy, string Service, string Command)> _hooks = [];
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);

        // How many of a service served when a node was to be emptied: a move leaves no fewer.
        private readonly Dictionary<(NodeId, string), int> _served = [];
        private int _tasks;

        public Story(Random random)
        {
            _random = random;
            _rig.Watch = Look;
            _rig.WatchDraft = LookAtStarts;
            _rig.Fate = Fate;
            _rig.IsTwice = () => random.Next(10) is 0;
            if (random.Next(3) is 0) _rig.Portion = new(random.Next(1, 8), long.MaxValue);
            for (var node = 1; node <= Nodes; node++) _rig.Skew[FleetRig.Node(node)] = TimeSpan.FromMinutes(random.Next(-120, 120));
        }

        public void Run()
        {
            for (var step = 0; step < 150; step++)
            {
                Happen();
                _rig.Pass(_random.Next(1, 12));
            }
            Settle();
        }

        private AllocReport? Fate(AllocRecord alloc) => alloc switch
        {
            { Status: AllocStatus.Pulling } => null,
            { Kind: AllocKind.Service } when alloc.Container.Image is "bad" => _random.Next(20) is 0
                ? new() { Id = alloc.Id, Status = AllocStatus.Failed, Restarts = alloc.Restarts, ExitCode = 1, Reason = "bad" }
                : new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = _rig.Now, Restarts = alloc.Restarts + _random.Next(2), ExitCode = 1, Reason = "bad" },
            { Kind: AllocKind.Service, Container.Image: "weak", Status: AllocStatus.Healthy } when _random.Next(40) is 0 => new() { Id = alloc.Id, Status = AllocStatus.Failed, ExitCode = 1, Reason = "weak" },
            { Kind: AllocKind.Hook } when _random.Next(8) is 0 => new() { Id = alloc.Id, Status = AllocStatus.Failed, ExitCode = 1 },
            { Kind: AllocKind.Hook or AllocKind.Task } when _random.Next(3) > 0 => new() { Id = alloc.Id, Status = AllocStatus.Running, StartedAt = _rig.Now },
            _ => null,
        };

        private void Happen()
        {
            var node = _random.Next(1, Nodes + 1);
            switch (_random.Next(14))
            {
                case 0 or 1 or 2:
                    Try(() => _rig.Deploy(Spec()));
                    break;
                case 3:
                    Try(() => _rig.Change(draft => DeployRules.Restart(draft, $"s{_random.Next(Services)}", TenantId.Default, "ann")));
                    break;
                case 4 when _rig.Silent.Count < 2:
                    _rig.Silent.Add(FleetRig.Node(node));
                    break;
                case 5:
                    _rig.Silent.Clear();
                    _rig.Broken.Clear();
                    _rig.Missing.Clear();
                    break;
                case 6:
                    Drain(node, _random.Next(3) is 0);
                    break;
                case 7:
                    _rig.ChangeLeader();
                    break;
                case 8 when _rig.Broken.Count < 2:
                    _rig.Broken.Add(FleetRig.Node(node));
                    break;
                case 9:
                    _rig.Missing.Add($"v{_random.Next(3)}");
                    break;
                case 10:
                    Try(() => _rig.Change(draft => DeployRules.Abort(draft, null, TenantId.Default, "bob")));
                    break;
                case 11:
                    Try(() => _rig.Change(draft => DeployRules.Begin(draft, DeployRules.Earlier(draft.Fleet, TenantId.Default, null).Result!, TenantId.Default, "ann", 1)));
                    break;
                case 12:
                    Try(() => _rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec($"service \"t{_random.Next(2)}\" {{\n image = \"{Image()}\"\n replicas = {_random.Next(3)}\n}}"), Other, "eve")));
                    break;
                default:
                    Try(() =>
                    {
                        _rig.Change(draft => TaskRules.Start(draft, new PlacementView(draft.Fleet), draft.Fleet.Tasks["job"].Spec, TenantId.Default, "ann"));
                        _tasks++;
                    });
                    break;
            }
        }

        private void Drain(int node, bool isDraining)
        {
            if (isDraining && !_rig.Fleet.Nodes[FleetRig.Node(node)].IsDraining) Remember(FleetRig.Node(node));
            _rig.Drain(node, isDraining);
        }

        private void Remember(NodeId node)
        {
            for (var service = 0; service < Services; service++) _served[(node, $"s{service}")] = _rig.Healthy($"s{service}").Count;
        }

        /// <summary>In the end there is a fleet that works, and a good deploy gets through.</summary>
        private void Settle()
        {
            _rig.Silent.Clear();
            _rig.Broken.Clear();
            _rig.Missing.Clear();
            for (var node = 1; node <= Nodes; node++) _rig.Drain(node, false);
            _rig.Pass(900);
            Assert.Empty(_rig.Fleet.Deploying);
            _rig.Deploy("service \"s0\" {\n image = \"last\"\n replicas = 4\n}");
            Assert.False(_rig.Finish().HasFailed);
            _rig.Change(draft => DeployRules.Begin(draft, FleetRig.Spec("task \"report\" { image = \"last\" }"), Other, "eve"));
            Assert.False(_rig.Finish().HasFailed);
            _rig.Pass(120);
            Assert.Equal(["s0"], _rig.Fleet.Services.Keys);
            Assert.Equal(4, _rig.Healthy("s0").Count);
            Assert.Equal(_rig.Healthy("s0").Select(alloc => alloc.Id).Order(), _rig.Containers.Order());
            Assert.Equal(4, _rig.Fleet.Allocs.Values.Count(alloc => !alloc.IsTerminal));
            Assert.True(_rig.Fleet.Allocs.Count < 300);
            Assert.Equal(_tasks, _known.Count(id => id.StartsWith("job-", StringComparison.Ordinal)));
        }

        private void Look(FleetState before)
        {
            var fleet = _rig.Fleet;
            foreach (var node in fleet.Nodes.Values)
            {
                var there = fleet.AllocsOn(node.Node).Where(alloc => !alloc.IsTerminal).ToList();
                Assert.True(there.Sum(alloc => alloc.Container.Cpu) <= node.Cpu, $"{node.Node} has more than it can take");
                if (node.IsDown) Assert.Empty(there);
                Assert.All(there.Where(alloc => node.NotReady is not null && !before.Allocs.ContainsKey(alloc.Id)), alloc => Assert.Fail($"{alloc.Id} was placed where no engine is"));
            }
            Assert.Equal(fleet.Deploys.Values.Where(deploy => !deploy.IsOver), fleet.Deploying.Values);
            Assert.Equal(fleet.Deploying.Count, fleet.Deploying.Values.Select(deploy => deploy.Tenant).Distinct().Count());
            foreach (var deploy in fleet.Deploying.Values) Assert.True(_rig.Now < deploy.StartedAt + LongestDeploy, $"deploy {deploy.Number} does not end: {string.Join(", ", deploy.Steps)}");
            foreach (var service in fleet.Services.Values.Where(service => !fleet.Deploying.Values.Any(deploy => deploy.Steps.Any(step => step.Service == service.Spec.Name && !step.IsOver)))) Assert.Null(service.Previous);
            foreach (var alloc in before.Allocs.Values.Where(alloc => alloc.IsTerminal && fleet.Allocs.ContainsKey(alloc.Id))) Assert.True(fleet.Allocs[alloc.Id].IsTerminal, $"{alloc.Id} came back");
            LookAtRuns(fleet);
            LookAtServing(before);
        }

        /// <summary>Hooks and tasks run once.</summary>
        private void LookAtRuns(FleetState fleet)
        {
            foreach (var alloc in fleet.Allocs.Values.Where(alloc => alloc.Kind is not AllocKind.Service && _known.Add(alloc.Id) && alloc.Kind is AllocKind.Hook))
            {
                Assert.True(_hooks.Add((alloc.Deploy!.Value, alloc.Name, alloc.Container.Command![0])), $"the hook of {alloc.Name} ran again in deploy {alloc.Deploy}");
            }
            Assert.All(_rig.Starts, start => Assert.Equal(1, start.Value));
        }

        /// <summary>What serves is stopped by nobody but where others serve in its place, there are too many, or it was to end for good.</summary>
        private void LookAtServing(FleetState before)
        {
            foreach (var service in _rig.Fleet.Services.Values.Where(service => before.Services.ContainsKey(service.Spec.Name)))
            {
                var name = service.Spec.Name;
                var stopped = before.AllocsOf(name).Where(alloc => alloc is { Status: AllocStatus.Healthy, IsStopping: false } && _rig.Fleet.Allocs.TryGetValue(alloc.Id, out var now) && now is { IsStopping: true, IsLost: false }).ToList();
                if (stopped.Count is 0) continue;
                var healthy = _rig.Healthy(name);
                // These end before others start; how many there may be is looked at where one starts.
                if (service.Spec.Update.Order is UpdateOrder.StopFirst || before.Services[name].Spec.Update.Order is UpdateOrder.StopFirst) continue;
                // The new ones are all there: what is left of the old is too much.
                if (healthy.Count(alloc => alloc.Version == service.Version) >= service.Spec.Replicas) continue;
                // A deploy may have begun after that.
                var most = new[] { service, before.Services[name] }.Min(one => Math.Max(one.Spec.Replicas, one.Previous?.Spec.Replicas ?? 0));
                var moved = stopped.Where(alloc => alloc.Version == service.Version && _rig.Fleet.Nodes[alloc.Node].IsDraining).Select(alloc => _served.GetValueOrDefault((alloc.Node, name))).ToList();
                var needed = moved.Count == stopped.Count ? Math.Min(most, moved.Max()) : most;
                Assert.True(healthy.Count >= needed, $"{stopped[0].Id} was stopped, and only {healthy.Count} of {needed} serve: version {service.Version}, {string.Join(", ", _rig.Active(name).Select(Describe))}; before: {string.Join(", ", before.AllocsOf(name).Where(alloc => !alloc.IsTerminal).Select(Describe))}");
            }
        }

        /// <summary>What must not run beside itself never does: none starts before there is room among the replicas. Within a second, a service may be rolled and be taken back, so every draft is looked at.</summary>
        private void LookAtStarts(FleetState before)
        {
            foreach (var (name, service) in _rig.Fleet.Services.Where(service => service.Value.Spec.Update.Order is UpdateOrder.StopFirst))
            {
                // Where only its count changed meanwhile, what was there before that was started by the old one.
                if (before.Services.GetValueOrDefault(name) is { } was && was != service && was.Version == service.Version) continue;
                if (!_rig.Fleet.AllocsOf(name).Any(alloc => alloc.IsWanted && alloc.Version == service.Version && !before.Allocs.ContainsKey(alloc.Id))) continue;
                // Of what was asked to end long ago, nothing is heard any more.
                var present = _rig.Active(name).Count(alloc => alloc.StopAskedAt is not { } asked || _rig.Now < asked + TimeSpan.FromSeconds(60));
                Assert.True(present <= Math.Max(service.Spec.Replicas, service.Previous?.Spec.Replicas ?? 0), $"{present} of {name}, which has {service.Spec.Replicas}, are there at once: version {service.Version}, {string.Join(", ", _rig.Active(name).Select(Describe))}; before: {string.Join(", ", before.AllocsOf(name).Where(alloc => !alloc.IsTerminal).Select(Describe))}");
            }
        }

        private string Describe(AllocRecord alloc) =>
            $"{alloc.Id} of version {alloc.Version} {alloc.Status}{(alloc.IsStopping ? " stopping" : "")}{(_rig.Fleet.Nodes[alloc.Node].IsDraining ? " draining" : "")}{(alloc.HealthyAt is { } at ? $" since {at}" : "")}";

        private string Order() => _random.Next(4) is 0 ? " order = \"stop_first\"" : "";

        private string Spec() => string.Concat(Enumerable.Range(0, Services).Where(_ => _random.Next(5) > 0).Select(service =>
            $"service \"s{service}\" {{\n image = \"{Image()}\"\n replicas = {_random.Next(4)}\n cpu = {_random.Next(1, 3)}\n update {{\n max_parallel = {_random.Next(1, 3)}\n{Order()}\n }}\n{Hook("pre")}{Hook("post")}}}\n"))
            + "task \"job\" { image = \"job\" }\n";

        private string Image() => _random.Next(8) switch { 0 => "bad", 1 => "weak", _ => $"v{_random.Next(3)}" };

        private string Hook(string when) => _random.Next(4) is 0 ? $" {when}_deploy {{ command = [\"./{when}\"] }}\n" : "";

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
}
