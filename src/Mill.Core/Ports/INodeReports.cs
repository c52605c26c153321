using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>The way of what a node says to the node that leads.</summary>
public interface INodeReports
{
    /// <summary>
    /// Says that the node lives, and what became of its allocations. Once it returns, that is known for good. Throws <see cref="MillError.NoLeader"/> and whatever else keeps it from getting there: say it again, with
    /// what is true by then. Throws <see cref="MillError.PreconditionFailed"/> where something later of the node was heard: that is of another life, and this one has to take a later one yet.
    /// </summary>
    Task SendAsync(NodeReport report, CancellationToken cancellationToken);
}

/// <summary>What a node says of itself.</summary>
/// <param name="Cpu">What it has to give, in cores.</param>
/// <param name="Memory">What it has to give, in bytes.</param>
/// <param name="Allocs">Those of which there is something new; none where it only says that the node lives.</param>
public sealed record NodeReport(NodeId Node, decimal Cpu, long Memory, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<AllocReport> Allocs)
{
    /// <summary>Which life of the agent says it: a later one has a larger number. It is counted, not read off a clock: clocks are set back.</summary>
    public long Life { get; init; }

    /// <summary>The number of the report in that life: what comes late is known by it, and not believed.</summary>
    public long Number { get; init; }

    /// <summary>Why the node cannot run containers right now; null where it can.</summary>
    public string? NotReady { get; init; }

    /// <summary>What each allocation takes right now. It is not kept.</summary>
    public IReadOnlyList<AllocUsage> Usage { get; init; } = [];

    /// <summary>The images that are being fetched. It is not kept.</summary>
    public IReadOnlyList<PullProgress> Pulls { get; init; } = [];
}

/// <param name="Cpu">In cores, since the look before.</param>
/// <param name="Memory">In bytes.</param>
public sealed record AllocUsage(string Id, double Cpu, long Memory);

/// <param name="Id">Of the allocation that waits for it.</param>
/// <param name="Done">In bytes.</param>
/// <param name="Total">In bytes, as far as it is known yet.</param>
public sealed record PullProgress(string Id, string Image, long Done, long Total);
