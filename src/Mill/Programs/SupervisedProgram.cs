using System.Threading.Channels;
using Mill.Client;
using Mill.Client.Watching;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>
/// Runs a program, and runs it anew whenever the value of a secret that it uses has changed. What cannot be fetched anew leaves it as it is; a program that ends by itself is not started again.
/// </summary>
/// <param name="output">Where it writes; null leaves it the streams of this process.</param>
internal sealed class SupervisedProgram(MillClient client, ProgramSecrets secrets, IReadOnlyList<string> command, MaskedOutput? output, Terminal terminal, TimeProvider time) : IDisposable
{
    /// <summary>What a program may take to end before it is killed.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    /// <summary>Secrets that are rotated together restart it once.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(200);

    /// <summary>Until a server that could not answer is asked again.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _changes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _isWatching = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile FetchedSecrets _current = new();
    private volatile ChildProgram? _child;
    private volatile bool _isRestarting;
    private volatile bool _isEnding;

    /// <summary>The exit code of the program. Throws what fetching the secrets or starting it throws, before anything was started.</summary>
    public async Task<int> RunAsync(bool isWatched, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = isWatched ? WatchAsync(end.Token) : Task.CompletedTask;
        try
        {
            // First the watch, then the values: nothing changes in between unseen.
            if (isWatched) await _isWatching.Task.ConfigureAwait(false);
            _current = await FetchAsync(cancellationToken).ConfigureAwait(false);
            using var signals = new ProgramSignals(Pass);
            Start();
            var code = await SuperviseAsync(cancellationToken).ConfigureAwait(false);
            if (output is not null) await output.DrainAsync().ConfigureAwait(false);
            return code;
        }
        finally
        {
            await end.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    public void Dispose() => _current.Dispose();

    private async Task<int> SuperviseAsync(CancellationToken cancellationToken)
    {
        while (await NextAsync(_child!, cancellationToken).ConfigureAwait(false) is { } next)
        {
            (var last, _current) = (_current, next);
            last.Dispose();
            terminal.Say(Words.ProgramRestarts);
            _isRestarting = true;
            var code = await StopAsync(_child!).ConfigureAwait(false);
            if (_isEnding) return code;
            Start();
            _isRestarting = false;
        }
        return await _child!.Exit.ConfigureAwait(false);
    }

    private void Start()
    {
        _child = output is null ? ChildProgram.Start(command, _current.Variables, output: null) : output.Start(command, _current.Variables);
        // A signal that came a moment before was for this one.
        if (_isEnding) _child.Signal(ProgramSignals.Terminate);
    }

    /// <summary>What the program is to be restarted with; null once it has ended by itself.</summary>
    private async Task<FetchedSecrets?> NextAsync(ChildProgram child, CancellationToken cancellationToken)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var fetching = FetchOtherAsync(life.Token);
        await Task.WhenAny(child.Exit, fetching).ConfigureAwait(false);
        await life.CancelAsync().ConfigureAwait(false);
        var next = await fetching.ConfigureAwait(false);
        if (next is not null && !child.Exit.IsCompleted && !_isEnding) return next;
        next?.Dispose();
        await child.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Waits for values that are others than now. Null where that is not waited for any more.</summary>
    private async Task<FetchedSecrets?> FetchOtherAsync(CancellationToken cancellationToken)
    {
        var isSaid = false;
        try
        {
            while (true)
            {
                await _changes.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                await Task.Delay(Settling, time, cancellationToken).ConfigureAwait(false);
                _changes.Reader.TryRead(out _);
                try
                {
                    var fetched = await FetchAsync(cancellationToken).ConfigureAwait(false);
                    if (!fetched.Variables.IsSame(_current.Variables)) return fetched;
                    fetched.Dispose();
                    isSaid = false;
                }
                catch (MillException e)
                {
                    if (!isSaid) terminal.Say(Words.ProgramStays(e.Message));
                    isSaid = true;
                    if (!e.IsTransient) continue;
                    await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
                    _changes.Writer.TryWrite(true);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<FetchedSecrets> FetchAsync(CancellationToken cancellationToken)
    {
        var fetched = await secrets.FetchAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (output is null) return fetched;
            await secrets.FetchPartsAsync(fetched, cancellationToken).ConfigureAwait(false);
            output.Know(fetched);
            return fetched;
        }
        catch
        {
            fetched.Dispose();
            throw;
        }
    }

    private async Task<int> StopAsync(ChildProgram child)
    {
        child.Signal(ProgramSignals.Terminate);
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(child.Exit, Task.Delay(Grace, time, ended.Token)).ConfigureAwait(false);
        await ended.CancelAsync().ConfigureAwait(false);
        if (!child.Exit.IsCompleted) child.Signal(ProgramSignals.Kill);
        return await child.Exit.ConfigureAwait(false);
    }

    /// <summary>Ends with its token, or where the server refuses; a lost connection is taken up again.</summary>
    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var change in client.WatchAsync(connection: Connected, cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                if (change.Kind is SecretEventKind.Reset || _current.Uses(change.Name)) _changes.Writer.TryWrite(true);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _isWatching.TrySetCanceled(cancellationToken);
        }
        catch (MillException e)
        {
            if (!_isWatching.TrySetException(e)) terminal.Say(Words.ProgramUnwatched(e.Message));
        }
    }

    private void Connected(WatchState state)
    {
        if (state is WatchState.Connected) _isWatching.TrySetResult();
    }

    /// <summary>Many programs live on after a signal, and then are still followed; only one that is meant to end is not started again.</summary>
    private void Pass(int signal, bool hasIt)
    {
        if (signal is ProgramSignals.Terminate || _isRestarting) _isEnding = true;
        if (!hasIt) _child?.Signal(signal);
    }
}
