using Mill.Core.Ports;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Runs programs in the containers of this node's allocations.</summary>
internal sealed class NodeExec(NodeWork work, DockerClient docker) : INodeExec
{
    private readonly DockerExec _exec = new(docker);

    /// <inheritdoc/>
    public Task<int> RunAsync(string allocId, ExecCommand command, ExecStreams streams, CancellationToken cancellationToken) =>
        work.Runners().FirstOrDefault(runner => runner.Id == allocId)?.Container is { } container
            ? _exec.RunAsync(container, command, streams, cancellationToken)
            : throw new MillException(MillError.NotFound, $"no container of {allocId} runs on this node");
}
