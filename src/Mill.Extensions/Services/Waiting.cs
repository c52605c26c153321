using System.Security.Cryptography;

namespace Mill.Extensions.Services;

/// <summary>Waits longer after each failure in a row, and never exactly as long as the others do.</summary>
internal sealed class Waiting(TimeSpan first, TimeSpan longest, TimeProvider time)
{
    private TimeSpan? _last;

    public void Reset() => _last = null;

    /// <summary>How long to wait now.</summary>
    public TimeSpan Next()
    {
        _last = _last is not { } last ? first : last * 2 < longest ? last * 2 : longest;
        return _last.Value * (0.5 + (RandomNumberGenerator.GetInt32(500) / 1000.0));
    }

    /// <summary>Ends early with the token, and throws nothing then.</summary>
    public async Task WaitAsync(CancellationToken cancellationToken) => await Task.Delay(Next(), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
