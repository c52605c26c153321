using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Server.Peers;

/// <summary>
/// Finds out whether a server that has not answered yet answers anything at all: one that waits for a leader or for its disk does, one that stands still does not. Disposing ends it.
/// </summary>
internal sealed class SilenceWatch : IAsyncDisposable
{
    /// <summary>Where all is well, there is an answer before anybody asks.</summary>
    private static readonly TimeSpan AskAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan AskAgain = TimeSpan.FromMilliseconds(100);

    private readonly PeerCalls _calls;
    private readonly PeerPlace _place;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _over = new();
    private readonly CancellationTokenSource _silent = new();
    private readonly Task _watching;

    /// <param name="within">When it is known at the latest, from now on: less the time before anybody asks, that is how long the answer to a question may take that waits for nothing.</param>
    public SilenceWatch(PeerCalls calls, PeerPlace place, TimeSpan within)
    {
        (_calls, _place, _patience) = (calls, place, within > AskAfter + AskAgain ? within - AskAfter : AskAgain);
        _watching = RunAsync();
    }

    /// <summary>Cancelled once the server said nothing in time.</summary>
    public CancellationToken Silent => _silent.Token;

    /// <summary>The answer has begun: nobody needs to know any more.</summary>
    public void Stop() => _over.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _over.Dispose();
        _silent.Dispose();
    }

    private async Task RunAsync()
    {
        do await PauseAsync(AskAfter).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (!_over.IsCancellationRequested && await AnswersAsync().ConfigureAwait(false));
        if (!_over.IsCancellationRequested) await _silent.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Whatever it says will do. A connection that cannot be made on a busy machine may be made at the next try.</summary>
    private async Task<bool> AnswersAsync()
    {
        using var limit = new CancellationTokenSource(_patience, _calls.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _over.Token);
        while (true)
        {
            try
            {
                await _calls.GetAsync<HealthResponse>(_place, "/healthz", null, either.Token).ConfigureAwait(false);
                return true;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            catch (MillException e)
            {
                if (e.Error is not MillError.Unreachable) return true;
            }
            await PauseAsync(AskAgain).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (either.IsCancellationRequested) return false;
        }
    }

    private Task PauseAsync(TimeSpan time) => Task.Delay(time, _calls.Time, _over.Token);
}
