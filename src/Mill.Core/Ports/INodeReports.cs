using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Core.Ports;

/// <summary>The way of what a node says to the node that leads.</summary>
public interface INodeReports
{
    /// <summary>
    /// Says that the node lives, and what became of its allocations. Once it returns, that is known for good. Throws <see cref="MillError.NoLeader"/> and whatever else keeps it from getting there: say it again, with
    /// what is true by then.
    /// </summary>
    Task SendAsync(NodeReport report, CancellationToken cancellationToken);
}

/// <summary>What a node says of itself.</summary>
/// <param name="Cpu">What it has to give, in cores.</param>
/// <param name="Memory">What it has to give, in bytes.</param>
/// <param name="Allocs">Those of which there is something new.</param>
public sealed record NodeReport(NodeId Node, decimal Cpu, long Memory, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<AllocReport> Allocs);
