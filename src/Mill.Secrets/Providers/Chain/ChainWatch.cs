using System.Runtime.CompilerServices;
using Mill.Secrets.Providers.Changes;

namespace Mill.Secrets.Providers.Chain;

/// <summary>One watch of a chain: watches every link, and keeps what shows.</summary>
internal sealed class ChainWatch(Link[] links) : IDisposable
{
    private readonly ChangeMailbox _mailbox = new();
    private readonly SemaphoreSlim _gate = new(1); // changes are weighed one after the other
    private readonly EffectiveSource _source = new(links);

    /// <param name="stopped">Ends the watch quietly.</param>
    public async IAsyncEnumerable<SecretChange> RunAsync(CancellationToken stopped, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (stopped.IsCancellationRequested) yield break;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopped);
        using var _ = stopped.UnsafeRegister(static mailbox => ((ChangeMailbox)mailbox!).Close(), _mailbox);
        // Whatever changes from here on waits at the gate until it is known what was there before.
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        var following = Task.WhenAll(links.Select((link, place) => FollowAsync(link, place, ending.Token)));
        try
        {
            if (!await TryLearnAsync(stopped, ending.Token).ConfigureAwait(false) || !links.Any(link => link.CanWatch)) yield break;
            _gate.Release();
            await foreach (var change in _mailbox.ReadAsync(cancellationToken).ConfigureAwait(false)) yield return change;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            await following.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => _gate.Dispose();

    /// <summary>False where the chain is disposed meanwhile.</summary>
    private async ValueTask<bool> TryLearnAsync(CancellationToken stopped, CancellationToken cancellationToken)
    {
        try
        {
            await _source.LearnAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (stopped.IsCancellationRequested && e is OperationCanceledException or ObjectDisposedException)
        {
            return false;
        }
    }

    private async Task FollowAsync(Link link, int place, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in link.Provider.WatchAsync(cancellationToken).ConfigureAwait(false)) await WeighAsync(change, place, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // The others are still worth watching where the chain does without this link.
            if (link.OnError is OnLinkError.FailFast) _mailbox.Close(e);
            _source.Lose(place);
        }
    }

    private async ValueTask WeighAsync(SecretChange change, int place, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var shown = new List<KeyChange>();
            _source.Begin();
            foreach (var key in change.Keys)
            {
                if (await _source.MoveAsync(key, change.Kind, place, cancellationToken).ConfigureAwait(false) is { } kind) shown.Add(new(key, kind));
            }
            if (shown.Count > 0) _mailbox.Put(shown);
        }
        finally
        {
            _gate.Release();
        }
    }
}
