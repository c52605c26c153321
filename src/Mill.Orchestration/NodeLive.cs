using Mill.Core.Ports;

namespace Mill.Orchestration;

/// <summary>What a node said last, and is not kept.</summary>
/// <param name="Usage">What each of its allocations takes.</param>
/// <param name="Pulls">The images that it fetches.</param>
public sealed record NodeLive(IReadOnlyList<AllocUsage> Usage, IReadOnlyList<PullProgress> Pulls);
