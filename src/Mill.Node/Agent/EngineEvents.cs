using Mill.Core.Deploys;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Hears what the Engine tells of this node's containers, and wakes those who would find it out only later. Nothing rests on it: events are lost with the connection, and some engines have none.</summary>
internal sealed class EngineEvents(NodeAgentOptions options, DockerClient docker, EngineWatch engine, NodeParts parts)
{
    /// <summary>An Engine that told for so long does tell.</summary>
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var inVain = 0; ;)
        {
            var began = parts.Time.GetTimestamp();
            var isAway = !await ListenAsync(isMissing: inVain is 0, cancellationToken).ConfigureAwait(false);
            engine.Wake();
            // One that is away comes back; one that ends at once what it was to tell, or refuses it, does so again.
            inVain = isAway || parts.Time.GetElapsedTime(began) >= Steady ? 0 : inVain + 1;
            await Task.Delay(inVain is 0 ? options.RetryAfter : ServiceUpkeep.PauseAfter(inVain), parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <param name="isMissing">Something may have happened while nobody listened.</param>
    /// <returns>False where the Engine is away.</returns>
    private async Task<bool> ListenAsync(bool isMissing, CancellationToken cancellationToken)
    {
        var isThere = false;
        try
        {
            await foreach (var container in docker.EventsAsync(options.Cluster, options.Node.Value, cancellationToken).ConfigureAwait(false))
            {
                isThere = true;
                if (container is not null) parts.Wakes.Ring(container);
                else if (isMissing) parts.Wakes.RingAll();
            }
            return true;
        }
        catch (MillException e)
        {
            return isThere || e.Error is not MillError.EngineUnavailable;
        }
    }
}
