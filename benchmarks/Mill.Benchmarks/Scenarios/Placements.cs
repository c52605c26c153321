using System.Diagnostics;
using Mill.Benchmarks.Report;
using Mill.Core.Fleet;
using Mill.Core.Language;
using Mill.Core.Model;
using Mill.Core.Placement;

namespace Mill.Benchmarks.Scenarios;

/// <summary>How fast it is decided where something is to run: 500 allocations on 20 nodes, in one thread.</summary>
internal static class Placements
{
    private const int Nodes = 20;
    private const int Allocs = 500;
    private const int Rounds = 20;
    private const double Bar = 5_000; // a second

    public static Finding Run()
    {
        var container = MillFile.Read(new("bench.mill", "service \"web\" {\n image = \"web:1\"\n cpu = 0.1\n memory = \"64M\"\n}")).Services[0].Container;
        var fleet = Enumerable.Range(1, Nodes).Select(NodeId).Aggregate(FleetState.Empty, (fleet, node) => fleet.Apply(new(new NodeStateKey(node), new NodeStateRecord { Node = node, Cpu = 16, Memory = 64L << 30, Labels = new Dictionary<string, string>(), Since = default }))!);
        Place(fleet, container); // warms up
        var start = Stopwatch.GetTimestamp();
        for (var round = 0; round < Rounds; round++) Place(fleet, container);
        var rate = Rounds * Allocs / Stopwatch.GetElapsedTime(start).TotalSeconds;
        return new("deploy", "placement of 500 allocations on 20 nodes", FormattableString.Invariant($"{rate:N0}/s"), "", FormattableString.Invariant($"≥ {Bar:N0}/s"), rate >= Bar);
    }

    private static NodeId NodeId(int number) => Core.Model.NodeId.From([0, 0, 0, 0, 0, 0, 0, (byte)number]);

    private static void Place(FleetState fleet, Core.Specs.ContainerSpec container)
    {
        var view = new PlacementView(fleet);
        for (var i = 0; i < Allocs; i++)
        {
            var name = FormattableString.Invariant($"s{i % 50}");
            var node = view.Choose(container, name).Node ?? throw new InvalidOperationException("There is no room.");
            view.Add(new() { Id = name, Name = name, Kind = AllocKind.Service, Tenant = TenantId.Default, Node = node, Version = 1, Container = container, CreatedAt = default, Status = AllocStatus.Pulling });
        }
    }
}
