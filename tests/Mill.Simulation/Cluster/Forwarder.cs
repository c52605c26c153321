using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Simulation.Cluster;

/// <summary>Sends a write on to the node that leads: as little as a server must do, with nothing of how it is sent.</summary>
internal sealed class Forwarder(SimulatedProcess process, TimeProvider time)
{
    private const int Attempts = 3;

    private static readonly TimeSpan WaitForLeader = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan WaitForAnswer = TimeSpan.FromSeconds(8);

    /// <summary>Has it done by the leader. Throws <see cref="MillError.NoLeader"/> where nobody did it.</summary>
    public async Task<T> DoAsync<T>(string what, Func<SimulatedProcess, Task<T>> write, CancellationToken cancellationToken)
    {
        LeaderRecord? tried = null;
        for (var attempt = 1; ; attempt++)
        {
            var leader = await FindAsync(tried, cancellationToken);
            try
            {
                if (leader.NodeId == process.Node.Id)
                {
                    await process.Life.TurnAsync(what);
                    return await write(process);
                }
                return await process.Link.AskAsync(leader.NodeId, what, write, MillError.OutcomeUnknown, WaitForAnswer, cancellationToken);
            }
            catch (MillException e) when (e.Error is MillError.NoLeader && attempt < Attempts)
            {
                tried = leader;
            }
        }
    }

    private async Task<LeaderRecord> FindAsync(LeaderRecord? tried, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(WaitForLeader, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return await process.State.WaitForLeaderAsync(tried, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MillException(MillError.NoLeader, "Simulated: nobody leads. Nothing was written.");
        }
    }
}
