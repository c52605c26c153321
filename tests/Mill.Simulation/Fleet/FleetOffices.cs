using Microsoft.Extensions.Logging.Abstractions;
using Mill.Orchestration;
using Mill.Simulation.Cluster;

namespace Mill.Simulation.Fleet;

/// <summary>The real office on every node, and a simulated agent beside it.</summary>
internal sealed class FleetOffices(World world, FleetAudit audit)
{
    private static readonly TimeSpan NodeTimeout = TimeSpan.FromSeconds(10);

    private readonly Dictionary<SimulatedProcess, FleetOffice> _offices = [];
    private readonly Dictionary<int, SimulatedEngine> _engines = [];

    /// <summary>By the number of the node.</summary>
    public IReadOnlyDictionary<int, SimulatedEngine> Engines => _engines;

    public FleetOffice Of(SimulatedProcess process) => _offices[process];

    /// <summary>A process has started.</summary>
    public void Start(SimulatedCluster cluster, SimulatedProcess process)
    {
        if (!_engines.TryGetValue(process.Node.Number, out var engine)) _engines[process.Node.Number] = engine = new(world);
        var office = _offices[process] = new(process.State, () => process.State.IsLeader, NodeTimeout, process.Time, NullLogger<FleetOffice>.Instance);
        var agent = new SimulatedAgent(process, engine, this, world, audit);
        Run(cluster, () => office.RunAsync(CancellationToken.None), process, "decide");
        Run(cluster, () => agent.RunAsync(CancellationToken.None), process, "run containers");
    }

    private static void Run(SimulatedCluster cluster, Func<Task> work, SimulatedProcess process, string what) => _ = Task.Run(async () =>
    {
        try
        {
            World.Actor.Value = $"{what} {process.Life}";
            await work();
            cluster.Fail($"{process.Life} does not {what} any more");
        }
#pragma warning disable CA1031 // Whatever it is, it is what was looked for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            cluster.Fail($"{process.Life} does not {what} any more: {e}");
        }
    });
}
