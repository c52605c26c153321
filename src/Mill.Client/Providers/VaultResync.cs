using System.Collections.Concurrent;

namespace Mill.Client.Providers;

/// <summary>One look at everything that is kept, in as many tries as it takes: what was answered is not asked for again.</summary>
internal sealed class VaultResync(IEnumerable<string> keys, Func<string, CancellationToken, Task> refresh)
{
    private const int AtOnce = 8;

    private readonly ConcurrentDictionary<string, bool> _left = new(keys.Select(key => KeyValuePair.Create(key, true)), StringComparer.Ordinal);

    /// <summary>Throws what the first failure was; then it may be called again, and goes on from there.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(_left.Keys, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (key, token) =>
        {
            await refresh(key, token).ConfigureAwait(false);
            _left.TryRemove(key, out var _);
        });
}
