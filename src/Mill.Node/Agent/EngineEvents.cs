using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Hears what the Engine tells of this node's containers, and wakes those who would find it out only later. Nothing rests on it: events are lost with the connection, and some engines have none.</summary>
internal sealed class EngineEvents(NodeAgentOptions options, DockerClient docker, EngineWatch engine, NodeParts parts)
{
    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await foreach (var container in docker.EventsAsync(options.Cluster, options.Node.Value, cancellationToken).ConfigureAwait(false))
                {
                    if (container is null) parts.Wakes.RingAll(); // of what was before it listened
                    else parts.Wakes.Ring(container);
                }
            }
            catch (MillException)
            {
                // It is away, or tells nothing.
            }
            engine.Wake();
            await Task.Delay(options.RetryAfter, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }
}
