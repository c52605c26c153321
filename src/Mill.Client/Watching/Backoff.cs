using System.Security.Cryptography;

namespace Mill.Client.Watching;

/// <summary>Waits longer after each failure in a row, and never exactly as long as the others do.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;

    public void Reset() => _next = First;

    public Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = _next * (0.5 + (RandomNumberGenerator.GetInt32(500) / 1000.0));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return Task.Delay(wait, time, cancellationToken);
    }
}
