using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.Simulation.Cluster;

/// <summary>The way of a commit from one process to the store and back, with all that can become of it.</summary>
internal sealed class CommitPath(World world, SimulatedStore store, SimulatedNode node, Life life, Weather weather, ClusterMutation mutation)
{
    private static readonly string Head = new HeadKey().ToString();
    private static readonly string Leader = new LeaderKey().ToString();
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(9);

    public async ValueTask<StoreCommit> CommitAsync(StoreTransaction transaction, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var sent = Mutate(transaction);
        var reply = new TaskCompletionSource<StoreCommit>(TaskCreationOptions.RunContinuationsAsynchronously);
        world.Ask($"{life} {Text(transaction)}", life, () => Send(sent, reply));
        try
        {
            return await reply.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            throw Unknown();
        }
    }

    private void Send(StoreTransaction transaction, TaskCompletionSource<StoreCommit> reply)
    {
        var fate = FateOf(transaction);
        var arrival = life.Now + Hop();
        switch (node.Routes.ToStore, fate)
        {
            case (Way.Refused, _):
                world.At(life.Now + TimeSpan.FromMilliseconds(5).Ticks, () => reply.TrySetException(new MillException(MillError.StorageUnavailable, "Simulated: the store cannot be reached.")), life);
                return;
            case (Way.Silent, _) or (_, CommitFate.RequestLost):
                world.Tally.Count("commit lost on its way");
                break;
            case (_, CommitFate.Late):
                world.Tally.Count("commit late");
                var isBatch = IsBatch(transaction);
                store.Hold(node.Id, world.Now + LongestHold.Ticks, () => Land(store.Commit(transaction).Succeeded, isBatch));
                break;
            default:
                world.At(arrival, () => Arrive(transaction, fate, reply));
                return;
        }
        world.At(life.Now + Patience.Ticks, () => reply.TrySetException(Refusal()), life);
    }

    private void Arrive(StoreTransaction transaction, CommitFate fate, TaskCompletionSource<StoreCommit> reply)
    {
        var commit = store.Commit(transaction);
        var back = world.Now + Hop();
        if (fate is CommitFate.Twice) world.At(world.Now + world.Between(0, 400).Ticks, () => ArriveAgain(transaction));
        if (fate is CommitFate.SenderCrashes && commit.Succeeded && !life.IsDead)
        {
            world.Tally.Count("crash between commit and reply");
            node.Crash();
        }
        else if (fate is CommitFate.ReplyLost || node.Routes.ToStore is Way.Silent)
        {
            world.Tally.Count(commit.Succeeded ? "reply lost of a commit that happened" : "reply lost of a commit that was refused");
            world.At(world.Now + world.Between(5, Patience.TotalMilliseconds).Ticks, () => reply.TrySetException(Refusal()), life);
        }
        else
        {
            world.At(back, () => reply.TrySetResult(commit), life);
        }
    }

    private void ArriveAgain(StoreTransaction transaction)
    {
        if (mutation is ClusterMutation.HappensTwice) transaction = transaction with { Preconditions = [] };
        Land(store.Commit(transaction).Succeeded, isBatch: false);
        world.Tally.Count("commit arrives twice");
    }

    /// <summary>A commit that arrives late.</summary>
    private void Land(bool happened, bool isBatch)
    {
        if (isBatch) world.Tally.Count(happened ? "late commit happened after all" : "late commit was stopped");
    }

    private CommitFate FateOf(StoreTransaction transaction)
    {
        if (node.Routes.HoldsCommits && IsBatch(transaction)) return CommitFate.Late;
        var dice = world.Random.NextDouble();
        foreach (var (fate, share) in weather.Fates)
        {
            if (world.IsCalm) break;
            if (dice < share) return fate;
            dice -= share;
        }
        return CommitFate.Arrives;
    }

    private long Hop() => world.Between(0.2, weather.Hop).Ticks;

    private StoreTransaction Mutate(StoreTransaction transaction) => mutation switch
    {
        ClusterMutation.FenceDropped when IsBatch(transaction) => transaction with { Preconditions = [.. transaction.Preconditions.Where(condition => condition.Key != Leader)] },
        ClusterMutation.KeyForgotten => transaction with { Writes = [.. transaction.Writes.Where(write => RecordKey.Parse(write.Key) is not IdempotencyKey)] },
        _ => transaction,
    };

    private MillException Refusal() => mutation is ClusterMutation.UnknownDenied ? new(MillError.StorageUnavailable, "Simulated: nothing happened, supposedly.") : Unknown();

    private static bool IsBatch(StoreTransaction transaction) => transaction.Writes.Any(write => write.Key == Head);

    /// <summary>Without what is drawn at random: the same run must give the same text.</summary>
    private static string Text(StoreTransaction transaction) =>
        $"commit {transaction.Writes.Count} of {transaction.Writes[0].Key} if {string.Join(' ', transaction.Preconditions.Select(condition => $"{condition.Key[^4..]}={condition.Revision}"))}";

    private static MillException Unknown() => new(MillError.OutcomeUnknown, "Simulated: nobody said what became of the commit.");
}
