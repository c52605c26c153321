using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Whether the Engine answers.</summary>
internal sealed class EngineWatch(DockerClient docker, TimeProvider time, TimeSpan every)
{
    /// <summary>An Engine that takes longer to say how it is does not run anything either.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Bell _bell = new();
    private readonly TaskCompletionSource _looked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done after the first look.</summary>
    public Task Looked => _looked.Task;

    /// <summary>What it last said of itself; null before it has.</summary>
    public DockerInfo? Info { get; private set; }

    /// <summary>Why nothing can run; null where it can.</summary>
    public string? NotReady { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            NotReady = await LookAsync(cancellationToken).ConfigureAwait(false);
            _looked.TrySetResult();
            await _bell.WaitAsync(every, time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>It may have gone away, or come back.</summary>
    public void Wake() => _bell.Ring();

    private async Task<string?> LookAsync(CancellationToken cancellationToken)
    {
        using var limit = new Deadline(Patience, time, cancellationToken);
        try
        {
            // What it says of the machine costs it some work, and changes only where it was away.
            if (Info is null || NotReady is not null) Info = await docker.InfoAsync(limit.Token).ConfigureAwait(false);
            else await docker.PingAsync(limit.Token).ConfigureAwait(false);
            return null;
        }
        catch (MillException e)
        {
            return Excerpt.Of(e.Message, Excerpt.MostOfReason);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"The container engine at {docker.Address} does not answer.";
        }
    }
}
