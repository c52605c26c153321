using Mill.Secrets;

namespace Mill.Server.Api.Fleet;

/// <summary>How many streams are open: there is an end to it.</summary>
internal sealed class OpenStreams
{
    private const int Most = 4096;

    private int _count;

    /// <summary>Throws <see cref="MillError.RateLimited"/>.</summary>
    public async Task RunAsync(Func<Task> stream)
    {
        if (Interlocked.Increment(ref _count) > Most)
        {
            Interlocked.Decrement(ref _count);
            throw new MillException(MillError.RateLimited, "Too many streams are open.");
        }
        try
        {
            await stream().ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
