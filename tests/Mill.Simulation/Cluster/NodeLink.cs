using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Simulation.Cluster;

/// <summary>The way from one process to the other nodes: what is asked there, is asked of the process that runs there when it arrives.</summary>
internal sealed class NodeLink(SimulatedCluster cluster, SimulatedNode node, Life life, Weather weather)
{
    private readonly World _world = cluster.World;
    private int _questions;

    /// <param name="what">Says what is asked, for order and trace.</param>
    /// <param name="lost">What it means that no answer came.</param>
    public async Task<T> AskAsync<T>(NodeId to, string what, Func<SimulatedProcess, Task<T>> serve, MillError lost, TimeSpan patience, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        var target = cluster.Nodes.Single(other => other.Id == to);
        var actor = World.Actor.Value;
        var number = 0;
        _world.Ask($"{life} to {target.Name}: {what}", life, Send);
        return await reply.Task.WaitAsync(cancellationToken);

        void Send()
        {
            number = ++_questions; // tells apart what is asked twice
            FailAt(life.Now + patience.Ticks, lost);
            switch (node.Routes.To(target.Number))
            {
                case Way.Refused:
                    _world.Tally.Count("link refused");
                    FailAt(life.Now + TimeSpan.FromMilliseconds(3).Ticks, MillError.NoLeader);
                    break;
                case Way.Silent:
                    _world.Tally.Count("question lost between nodes");
                    break;
                default:
                    _world.At(life.Now + Hop(node), Arrive);
                    break;
            }
        }

        void Arrive()
        {
            // A machine on which nothing listens says so.
            if (!target.IsRunning) FailAt(_world.Now + Hop(target), MillError.NoLeader);
            else _world.At(_world.Now, () => Serve(target.Process), target.Process.Life);
        }

        void Serve(SimulatedProcess process) => ThreadPool.QueueUserWorkItem(async _ =>
        {
            World.Actor.Value = actor;
            var (result, failure) = await TryAsync(() => serve(process));
            _world.Ask($"{process.Life} answers {life} {number}: {what}: {failure?.Error}", process.Life, () => Answer(process, result, failure));
        });

        void Answer(SimulatedProcess process, T? result, MillException? failure)
        {
            if (target.Routes.To(node.Number) is not Way.Open)
            {
                _world.Tally.Count("answer lost between nodes");
                return;
            }
            _world.At(process.Life.Now + Hop(target), () => _ = failure is null ? reply.TrySetResult(result!) : reply.TrySetException(failure), life);
        }

        void FailAt(long time, MillError error) => _world.At(time, () => reply.TrySetException(new MillException(error, "Simulated: no answer from the other node.")), life);
    }

    private long Hop(SimulatedNode from) => (_world.Between(0.2, weather.Hop) + from.Routes.ExtraToNodes).Ticks;

    private async Task<(T? Result, MillException? Failure)> TryAsync<T>(Func<Task<T>> serve)
    {
        try
        {
            return (await serve(), null);
        }
        catch (MillException e)
        {
            return (default, e);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked has given up, and hears nothing of this.
            return (default, new MillException(MillError.OutcomeUnknown, "Simulated: nobody waits for it."));
        }
#pragma warning disable CA1031 // It was asked on a thread of the pool, where it would end everything.
        catch (Exception e)
#pragma warning restore CA1031
        {
            cluster.Fail($"a node was asked, and threw {e}");
            return (default, new MillException(MillError.NoLeader, "Simulated: it threw."));
        }
    }
}
