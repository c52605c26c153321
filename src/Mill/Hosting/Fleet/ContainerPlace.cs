using Mill.Node.Docker;

namespace Mill.Hosting.Fleet;

/// <summary>Where a server runs containers.</summary>
/// <param name="Labels">Of the node, for what is to run on certain ones only.</param>
/// <param name="LogRetention">How long the log of an allocation is kept after its end.</param>
/// <param name="LogRoom">For the logs of all of them together, in bytes.</param>
internal sealed record ContainerPlace(DockerAddress Docker, IReadOnlyDictionary<string, string> Labels, TimeSpan LogRetention, long LogRoom);
