using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Node.Agent;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Containers;

/// <summary>Where a container is told that other services are.</summary>
public sealed class ContainerEnvTests
{
    private static readonly AllocRecord App = Alloc("app-9", "app", Specs.Container() with { Env = new Dictionary<string, Template> { ["API"] = new("http://${service.api.address}/v1") } });

    [Fact]
    public async Task An_address_is_that_of_a_replica_that_serves_and_is_remembered()
    {
        var api = Alloc("api-1", "api", Specs.Container()) with { Status = AllocStatus.Healthy, Address = "10.0.0.1:20001" };
        var fleet = Fleet(
            api with { StopAskedAt = new(2) },
            api with { Id = "api-2", Address = "10.0.0.2:20002", Status = AllocStatus.Running },
            api with { Id = "api-3", Address = "10.0.0.3:20003", Status = AllocStatus.Failed },
            api with { Id = "api-4", Address = "10.0.0.4:20004" },
            api with { Id = "web-5", Name = "web", Address = "10.0.0.5:20005" });
        using var env = await ContainerEnv.ResolveAsync(App, null, fleet, null!, default);

        using var expected = SecretValue.FromText("http://10.0.0.4:20004/v1");
        Assert.Equal(expected, env.Env["API"]);
        Assert.Equal("10.0.0.4:20004", Assert.Single(env.Addresses).Value);
    }

    [Fact]
    public async Task Where_no_replica_serves_the_container_waits()
    {
        var api = Alloc("api-1", "api", Specs.Container()) with { Status = AllocStatus.Running, Address = "10.0.0.1:20001" };
        var refused = await Assert.ThrowsAsync<MillException>(() => ContainerEnv.ResolveAsync(App, null, Fleet(api), null!, default));

        Assert.Equal((MillError.NotReady, "the service \"api\" has no healthy replica yet"), (refused.Error, refused.Message));
    }

    private static FleetState Fleet(params AllocRecord[] allocs) => allocs.Aggregate(FleetState.Empty, (fleet, alloc) => fleet.Apply(new(new AllocKey(alloc.Id), alloc))!);

    private static AllocRecord Alloc(string id, string name, ContainerSpec container) => new()
    {
        Id = id,
        Name = name,
        Kind = AllocKind.Service,
        Tenant = TenantId.Default,
        Node = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]),
        Version = 1,
        CreatedAt = new(1),
        Status = AllocStatus.Pulling,
        Container = container,
    };
}
