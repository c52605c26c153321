using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Tests.Containers;

/// <summary>What is run where it does not matter what it is.</summary>
internal static class Specs
{
    public static NodeId Node { get; } = NodeId.From([1, 2, 3, 4, 5, 6, 7, 8]);

    public static Timestamp Now { get; } = new(1_700_000_000_000_000);

    public static ContainerSpec Container() => new()
    {
        Image = "x:v1",
        Network = ContainerNetwork.Host,
        Cpu = 1,
        Memory = 1 << 20,
        Env = new Dictionary<string, Template>(),
        SecretFiles = [],
        Volumes = [],
        Constraints = new Dictionary<string, string>(),
        StopGrace = TimeSpan.FromSeconds(10),
    };

    /// <summary>One of a service, which nobody has begun with.</summary>
    public static AllocRecord Alloc(ContainerSpec? container = null) => new()
    {
        Id = "web-1",
        Name = "web",
        Kind = AllocKind.Service,
        Tenant = TenantId.Default,
        Node = Node,
        Version = 1,
        CreatedAt = Now,
        Status = AllocStatus.Pulling,
        Container = container ?? Container(),
    };
}
