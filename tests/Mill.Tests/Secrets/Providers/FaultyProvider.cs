using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Tests.Secrets.Providers;

/// <summary>A place behind a wire that can be cut.</summary>
internal sealed class FaultyProvider(MemoryProvider inner) : ISecretProvider
{
    private readonly CancellationTokenSource _cut = new();

    public string Name => inner.Name;

    public SecretCapabilities Capabilities => inner.Capabilities;

    /// <summary>While it is set, nothing gets through.</summary>
    public SecretUnavailableException? Outage { get; set; }

    /// <summary>The secrets that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Happens when the keys are asked for, before they are said.</summary>
    public Action? BeforeKeys { get; set; }

    /// <summary>While it is set, answers wait for it on their way.</summary>
    public Task? Delay { get; set; }

    public async ValueTask<SecretLookup> TryGetAsync(string key, CancellationToken cancellationToken = default)
    {
        Asked.Enqueue(key);
        if (Outage is { } outage) return SecretLookup.Unavailable(outage);
        var lookup = await inner.TryGetAsync(key, cancellationToken);
        if (Delay is { } delay) await delay;
        return lookup;
    }

    public ValueTask SetAsync(string key, SecretValue value, CancellationToken cancellationToken = default) =>
        Outage is { } outage ? ValueTask.FromException(outage) : inner.SetAsync(key, value, cancellationToken);

    public ValueTask<SecretKeys> KeysAsync(CancellationToken cancellationToken = default)
    {
        BeforeKeys?.Invoke();
        return Outage is { } outage ? ValueTask.FromException<SecretKeys>(outage) : inner.KeysAsync(cancellationToken);
    }

    /// <summary>Makes every watch throw.</summary>
    public void CutWatches() => _cut.Cancel();

    public async IAsyncEnumerable<SecretChange> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _cut.Token);
        await using var changes = inner.WatchAsync(either.Token).GetAsyncEnumerator(either.Token);
        while (await MoveNextAsync(changes)) yield return changes.Current;
    }

    public async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        _cut.Dispose();
    }

    private async ValueTask<bool> MoveNextAsync(IAsyncEnumerator<SecretChange> changes)
    {
        try
        {
            return await changes.MoveNextAsync();
        }
        catch (OperationCanceledException) when (_cut.IsCancellationRequested)
        {
            throw Outage!;
        }
    }
}
