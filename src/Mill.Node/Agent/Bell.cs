using System.Threading.Channels;
using Mill.Node.Docker;

namespace Mill.Node.Agent;

/// <summary>Wakes one who waits. Rung several times before, it wakes once; rung while nobody waits, it wakes the next who does.</summary>
internal sealed class Bell
{
    private readonly Channel<bool> _rung = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Ring() => _rung.Writer.TryWrite(true);

    /// <summary>Until it is rung, or the time is up.</summary>
    public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new Deadline(longest, time, cancellationToken);
        try
        {
            await _rung.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is up.
        }
    }
}
