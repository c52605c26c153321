using Mill.Secrets.Providers;
using Xunit;

namespace Mill.Testing;

/// <summary>A watch that has begun: nothing that happens after this is made goes past it.</summary>
public sealed class ChangeReader : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource _cancel = new();
    private readonly IAsyncEnumerator<SecretChange> _changes;
    private readonly Action _tick;
    private Task<bool> _next;

    public ChangeReader(ISecretProvider provider, Action? tick = null)
    {
        _tick = tick ?? (() => { });
        _changes = provider.WatchAsync(_cancel.Token).GetAsyncEnumerator(_cancel.Token);
        _next = _changes.MoveNextAsync().AsTask();
    }

    /// <summary>Null where the watch has ended.</summary>
    public async Task<SecretChange?> NextAsync()
    {
        await TickUntil(() => _next.IsCompleted, _tick);
        if (!await _next) return null;
        var change = _changes.Current;
        _next = _changes.MoveNextAsync().AsTask();
        return change;
    }

    public async Task ExpectAsync(params SecretChange[] expected)
    {
        foreach (var change in expected) Assert.Equal(change, await NextAsync());
    }

    /// <summary>Ends the watch as its user would, and answers how that went.</summary>
    public async Task<Exception?> CancelAsync()
    {
        await _cancel.CancelAsync();
        return await Record.ExceptionAsync(() => _next.WaitAsync(Patience));
    }

    public async ValueTask DisposeAsync()
    {
        await CancelAsync();
        await _changes.DisposeAsync();
        _cancel.Dispose();
    }

    /// <summary>Lets time pass until something has happened. Fails where it does not.</summary>
    public static async Task TickUntil(Func<bool> happened, Action tick)
    {
        using var timeout = new CancellationTokenSource(Patience);
        while (!happened())
        {
            timeout.Token.ThrowIfCancellationRequested();
            tick();
            await Task.Yield();
        }
    }
}
