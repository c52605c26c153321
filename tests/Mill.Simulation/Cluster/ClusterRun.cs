using Mill.Core.Model;
using Operation = Mill.Testing.Linearizability.Operation<Mill.Testing.Histories.SecretCall, Mill.Testing.Histories.SecretAnswer>;

namespace Mill.Simulation.Cluster;

/// <summary>What came of one seed: all that anybody was told, and what the store says itself.</summary>
internal sealed record ClusterRun(
    int Seed, Tally Tally, IReadOnlyList<Operation> History, IReadOnlyList<SeenList> Lists, IReadOnlyList<SeenStream> Streams, SimulatedStore Store, IReadOnlyList<ClusterState> FinalStates)
{
    /// <summary>How much happened.</summary>
    public required long Events { get; init; }

    /// <summary>What went wrong before anything was checked.</summary>
    public required IReadOnlyList<string> Failures { get; init; }
}
