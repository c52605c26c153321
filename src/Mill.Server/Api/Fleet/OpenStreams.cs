using System.Collections.Concurrent;
using Mill.Core.Access;
using Mill.Secrets;

namespace Mill.Server.Api.Fleet;

/// <summary>How many streams are open, in all and of one token: there is an end to it.</summary>
internal sealed class OpenStreams
{
    public const int Most = 1024;
    public const int MostOfOne = 64;

    private readonly ConcurrentDictionary<string, int> _byToken = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Throws <see cref="MillError.RateLimited"/>.</summary>
    public async Task RunAsync(Caller caller, Func<Task> stream)
    {
        try
        {
            if (Interlocked.Increment(ref _count) > Most) throw TooMany("Too many streams are open.");
            var own = _byToken.AddOrUpdate(caller.TokenId, 1, static (_, count) => count + 1);
            try
            {
                if (own > MostOfOne) throw TooMany("Too many streams of this token are open.");
                await stream().ConfigureAwait(false);
            }
            finally
            {
                // Those that have none any more are not kept.
                if (_byToken.AddOrUpdate(caller.TokenId, 0, static (_, count) => count - 1) is 0) _byToken.TryRemove(new(caller.TokenId, 0));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _count);
        }
    }

    private static MillException TooMany(string detail) => new(MillError.RateLimited, detail) { Hint = "Close some, and try again." };
}
