using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Placement;
using Mill.Core.Specs;
using Mill.Tests.Core.Deploys;
using Xunit;

namespace Mill.Tests.Core.Placement;

public sealed class PlacementTests
{
    private const long Gibibyte = 1L << 30;

    private static readonly ContainerSpec Small = FleetRig.Spec("service \"web\" {\n image = \"a\"\n cpu = 1\n memory = \"1Gi\"\n}").Services[0].Container;

    private FleetState _fleet = FleetState.Empty;

    [Fact]
    public void Replicas_of_a_service_stand_apart()
    {
        Nodes(3);
        var view = new PlacementView(_fleet);
        Assert.Equal([1, 2, 3], Enumerable.Range(0, 3).Select(_ => Take(view, "web")).Order());
    }

    [Fact]
    public void What_need_not_stand_apart_fills_the_fullest_node_that_has_room()
    {
        Nodes(3);
        Put(2, cpu: 2, memory: 2 * Gibibyte);

        Assert.Equal(2, NumberOf(new PlacementView(_fleet).Choose(Small, null)));
        Assert.Equal(2, NumberOf(new PlacementView(_fleet).Choose(Small, "web")));
        Put(2, cpu: 1.5m, memory: 0);
        Assert.Equal(1, NumberOf(new PlacementView(_fleet).Choose(Small, null)));
    }

    [Fact]
    public void Tasks_do_not_stand_apart()
    {
        Nodes(3);
        var view = new PlacementView(_fleet);
        Assert.Equal([1, 1, 1, 1, 2], Enumerable.Range(0, 5).Select(_ => Take(view, null)));
    }

    [Fact]
    public void Spread_goes_before_fullness_and_what_ends_or_has_ended_is_no_company()
    {
        Nodes(2);
        Put(1, cpu: 2, memory: 0, service: "web");
        Assert.Equal(2, NumberOf(new PlacementView(_fleet).Choose(Small, "web")));
        foreach (var alloc in _fleet.Allocs.Values.ToList()) Put(alloc with { StopAskedAt = new(1) });
        Assert.Equal(1, NumberOf(new PlacementView(_fleet).Choose(Small, "web")));
        foreach (var alloc in _fleet.Allocs.Values.ToList()) Put(alloc with { Status = AllocStatus.Failed });
        Put(2, cpu: 1, memory: 0);
        Assert.Equal(2, NumberOf(new PlacementView(_fleet).Choose(Small, "web")));
    }

    [Fact]
    public void A_core_is_worth_as_much_as_a_gibibyte()
    {
        Nodes(2);
        Put(1, cpu: 1, memory: 0);
        Put(2, cpu: 0, memory: (long)(1.5 * Gibibyte));
        Assert.Equal(2, NumberOf(new PlacementView(_fleet).Choose(Small, null)));
        Put(1, cpu: 0.75m, memory: 0);
        Assert.Equal(1, NumberOf(new PlacementView(_fleet).Choose(Small, null)));
    }

    [Fact]
    public void What_fits_nowhere_has_no_place_and_the_reason_is_said()
    {
        Nodes(2);
        var view = new PlacementView(_fleet);
        Assert.Equal("no node has room: it needs 1 cores and 5Gi, and the one with the most has 4 cores and 4Gi left", view.Choose(Small with { Memory = 5 * Gibibyte }, null).Reason);
        Assert.Equal("no node that is ready has the labels disk = ssd", view.Choose(Small with { Constraints = new Dictionary<string, string> { ["disk"] = "ssd" } }, null).Reason);
        Change(1, node => node with { IsDown = true });
        Change(2, node => node with { IsDraining = true });
        Assert.Equal("no node is ready", new PlacementView(_fleet).Choose(Small, null).Reason);
    }

    [Fact]
    public void Where_something_failed_is_taken_only_where_no_other_will_do()
    {
        Nodes(2);
        Assert.Equal(2, NumberOf(new PlacementView(_fleet).Choose(Small, "web", new HashSet<NodeId> { FleetRig.Node(1) })));
        Change(2, node => node with { NotReady = "no engine" });
        Assert.Equal(1, NumberOf(new PlacementView(_fleet).Choose(Small, "web", new HashSet<NodeId> { FleetRig.Node(1) })));
    }

    [Fact]
    public void What_has_its_data_on_a_node_goes_there_or_nowhere()
    {
        Nodes(3);
        Put(1, cpu: 2, memory: 0);
        Put(3, cpu: 1, memory: 0, service: "web");
        var home = FleetRig.Node(3);
        Assert.Equal(3, NumberOf(new PlacementView(_fleet).Choose(Small, "web", new HashSet<NodeId> { home }, home)));
        Put(3, cpu: 2.5m, memory: 0);
        Assert.Equal("its data is on a node without room: it needs 1 cores and 1Gi, and that one has 0.5 cores and 4Gi left", new PlacementView(_fleet).Choose(Small, "web", null, home).Reason);
        Change(3, node => node with { IsDown = true });
        Assert.Equal("its data is on a node that is not ready", new PlacementView(_fleet).Choose(Small, "web", null, home).Reason);
        Assert.Equal("its data is on a node that is not ready", new PlacementView(_fleet).Choose(Small, "web", null, FleetRig.Node(9)).Reason);
    }

    private static int NumberOf(Placing placing) => int.Parse(placing.Node!.Value.Value, System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture);

    private static int Take(PlacementView view, string? service)
    {
        var placing = view.Choose(Small, service);
        view.Add(Alloc("x", placing.Node!.Value, Small, service));
        return NumberOf(placing);
    }

    private static AllocRecord Alloc(string id, NodeId node, ContainerSpec container, string? service) => new()
    {
        Id = id,
        Name = service ?? "job",
        Kind = service is null ? AllocKind.Task : AllocKind.Service,
        Tenant = TenantId.Default,
        Node = node,
        Version = 1,
        Container = container,
        CreatedAt = new(1),
        Status = AllocStatus.Running,
    };

    /// <summary>Of 4 cores and 4 GiB.</summary>
    private void Nodes(int count)
    {
        for (var i = 1; i <= count; i++) Put(new NodeStateRecord { Node = FleetRig.Node(i), Cpu = 4, Memory = 4 * Gibibyte, Labels = new Dictionary<string, string>(), Since = new(1) });
    }

    private void Put(int node, decimal cpu, long memory, string? service = null) => Put(Alloc($"x-{_fleet.Allocs.Count + 1}", FleetRig.Node(node), Small with { Cpu = cpu, Memory = memory }, service));

    private void Put(AllocRecord alloc) => _fleet = _fleet.Apply(new(new AllocKey(alloc.Id), alloc))!;

    private void Put(NodeStateRecord node) => _fleet = _fleet.Apply(new(new NodeStateKey(node.Node), node))!;

    private void Change(int node, Func<NodeStateRecord, NodeStateRecord> change) => Put(change(_fleet.Nodes[FleetRig.Node(node)]));
}
