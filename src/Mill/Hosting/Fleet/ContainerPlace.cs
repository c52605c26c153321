using Mill.Node.Docker;

namespace Mill.Hosting.Fleet;

/// <summary>Where a server runs containers.</summary>
/// <param name="Labels">Of the node, for what is to run on certain ones only.</param>
internal sealed record ContainerPlace(DockerAddress Docker, IReadOnlyDictionary<string, string> Labels);
