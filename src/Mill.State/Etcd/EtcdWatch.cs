using Google.Protobuf;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// One watch, over as many streams as it takes: a stream that breaks is followed by one that starts where it left off, on another member if need be.
/// <list type="number">
/// <item>A stream starts with the last commit that was seen, not after it: etcd would lose a deletion at the very revision it was compacted to.</item>
/// <item>A stream that is silent for a while may be dead without anybody noticing. Then a quorum is asked for its revision. If that is where the stream stands,
/// nothing is missing. If not, either the commits lie outside the prefix or the stream is dead: it is replaced.</item>
/// <item>If the new stream is silent too, there was nothing under the prefix; that is remembered, so that a quiet prefix in a busy store costs little.
/// Where the watch resumes never rests on it.</item>
/// </list>
/// </summary>
internal sealed class EtcdWatch(EtcdChannel channel, EtcdOptions options, TimeProvider time, string prefix, long afterRevision) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private readonly CommitAssembly _commits = new(afterRevision);
    private EtcdStream? _stream;
    private Task<WatchReply>? _reading;
    private TimeSpan _pause = Pause;
    private long _doubted; // a revision that the stream before this one did not show
    private long _believed; // nothing under the prefix was missed up to here, as two silent streams say

    /// <summary>The next commit, however long it takes. Throws <see cref="WatchCompactedException"/> where it is not known any more.</summary>
    public async Task<StoreEvent> NextAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_commits.TryTake(out var commit)) return commit;
            try
            {
                _stream ??= await OpenAsync(cancellationToken).ConfigureAwait(false);
                if (await ReadAsync(_stream, cancellationToken).ConfigureAwait(false) is { } reply) See(reply);
            }
            catch (EtcdException failure)
            {
                await BreakAsync(failure.Fault, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public void Dispose() => Close();

    private void See(WatchReply reply)
    {
        if (reply.CompactRevision > 0) throw new WatchCompactedException(reply.CompactRevision);
        if (reply.Canceled) throw new EtcdException(EtcdFault.NotServed, reply.CancelReason);
        if (reply.Created && reply.Header.Revision < _doubted) throw new EtcdException(EtcdFault.NotServed, "This member lags behind.");
        _commits.Add(reply);
        _pause = Pause;
    }

    private async Task<EtcdStream> OpenAsync(CancellationToken cancellationToken)
    {
        var (from, to) = EtcdKeys.Range(prefix);
        var request = new WatchRequest
        {
            CreateRequest = new() { Key = UnsafeByteOperations.UnsafeWrap(from), RangeEnd = UnsafeByteOperations.UnsafeWrap(to), StartRevision = Math.Max(1, _commits.Position), ProgressNotify = true, Fragment = true },
        };
        return await channel.OpenAsync(EtcdCalls.Watch, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next reply, or null where there was a silence and it was found to be in order.</summary>
    private async Task<WatchReply?> ReadAsync(EtcdStream stream, CancellationToken cancellationToken)
    {
        _reading ??= stream.ReadAsync(EtcdCalls.Watch.Reply, cancellationToken);
        if (!await IsSilentAsync(options.WatchIdle, cancellationToken).ConfigureAwait(false)) return await TakeAsync().ConfigureAwait(false);
        if (_doubted > 0) (_believed, _doubted) = (Math.Max(_believed, _doubted), 0);
        if (await FindRevisionAsync(cancellationToken).ConfigureAwait(false) is not { } revision || revision <= Math.Max(_commits.Position, _believed)) return null;
        if (!await IsSilentAsync(Grace, cancellationToken).ConfigureAwait(false)) return await TakeAsync().ConfigureAwait(false);
        _doubted = revision;
        throw new EtcdException(EtcdFault.NoReply, "The watch is silent while commits go on.");
    }

    private async Task<WatchReply> TakeAsync()
    {
        var reading = _reading!;
        _reading = null;
        return await reading.ConfigureAwait(false);
    }

    private async Task<bool> IsSilentAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var silence = Task.Delay(patience, time, enough.Token);
        var isSilent = await Task.WhenAny(_reading!, silence).ConfigureAwait(false) == silence;
        await enough.CancelAsync().ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        return isSilent;
    }

    /// <summary>Null while no quorum answers: then nothing is committed that could be missed.</summary>
    private async Task<long?> FindRevisionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await EtcdRevision.ReadAsync(channel, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException)
        {
            return null;
        }
    }

    /// <summary>Gives the stream up; the next one is not opened at once, if it happens again and again.</summary>
    private async Task BreakAsync(EtcdFault fault, CancellationToken cancellationToken)
    {
        // A member that is gone is noticed when the next stream is opened; one that has no leader would open it.
        if (_stream is { } stream && fault is not EtcdFault.NoReply) channel.MoveOnFrom(stream.Endpoint);
        Close();
        await Task.Delay(_pause, time, cancellationToken).ConfigureAwait(false);
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    private void Close()
    {
        _commits.DropPart();
        // Whoever still reads from it fails, and nobody asks why.
        _ = _reading?.ContinueWith(static read => read.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        _reading = null;
        _stream?.Dispose();
        _stream = null;
    }
}
