using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Commits;
using Mill.State.Replica;

namespace Mill.State.Leadership;

/// <summary>
/// Takes the office whenever it is vacant, and fills it as long as its lease can be renewed. Whoever writes the leader record under its own lease leads; the
/// revision of that write is the fencing token.
/// </summary>
internal sealed partial class Election(
    IStateStore store, ILeases leases, AdvanceLog log, Candidate candidate, Func<Term, CommitPipeline> open, LeaseClocks clocks, ILogger<Election> logger)
{
    private static readonly string Key = new LeaderKey().ToString();

    private volatile Term? _current;
    private volatile NodeRecord? _heir;
    private volatile TaskCompletionSource _elected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource _resigned = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The term of this node; null while it does not lead.</summary>
    public Term? Current => _current;

    /// <summary>Done while this node leads; one that is not done yet will be once it does.</summary>
    public Task Elected => _elected.Task;

    /// <summary>Stands for election until cancelled; then gives back the office it may have.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                // A record of our own that we do not fill is of a life before this one: nobody else will claim it sooner.
                var state = await log.WaitAsync(state => state.Leader is null || state.Leader.NodeId == candidate.Node, cancellationToken).ConfigureAwait(false);
                if (!candidate.IsWilling()) state = await GiveWayAsync(cancellationToken).ConfigureAwait(false);
                if (state.Leader is { } other && other.NodeId != candidate.Node) continue;
                if (await StandAsync(state, cancellationToken).ConfigureAwait(false)) continue;
                await Task.Delay(LeaseTimes.RetryAfter, clocks.Time, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (MillException e)
            {
                LogNotElected(e.Message);
                await Task.Delay(e.Error is MillError.StorageFull ? LeaseTimes.RetryWhenFull : LeaseTimes.RetryAfter, clocks.Time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Ends the term, once what was accepted is committed. Another node may lead then; this one stands again after a while.</summary>
    public async Task ResignAsync(CancellationToken cancellationToken)
    {
        if (_current is not { } term) return;
        term.Pipeline.Complete();
        await _resigned.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As <see cref="ResignAsync"/>, and names who comes next. Throws <see cref="MillError.NoLeader"/> on a node that does not lead.</summary>
    public async Task HandOverAsync(NodeRecord to, CancellationToken cancellationToken)
    {
        if (_current is null) throw new MillException(MillError.NoLeader, "This node does not lead, so it cannot hand the office over.");
        _heir = to;
        await ResignAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A node that could decide nothing lets the others go first; if none of them comes, it is better than nobody.</summary>
    private async Task<ClusterState> GiveWayAsync(CancellationToken cancellationToken)
    {
        await Task.Delay(LeaseTimes.Courtesy, clocks.Time, cancellationToken).ConfigureAwait(false);
        return log.Latest;
    }

    /// <summary>True where this node was elected, and its term is over.</summary>
    private async Task<bool> StandAsync(ClusterState state, CancellationToken cancellationToken)
    {
        var since = clocks.Lease.GetTimestamp();
        var lease = await leases.GrantAsync(LeaseTimes.TimeToLive, cancellationToken).ConfigureAwait(false);
        var fence = 0L;
        try
        {
            var commit = await WriteAsync(candidate.Node, candidate.Name, state.Fence, lease, cancellationToken).ConfigureAwait(false);
            if (!commit.Succeeded) return false;
            fence = commit.Revision;
            await ServeAsync(lease, fence, since, cancellationToken).ConfigureAwait(false);
            return true;
        }
        finally
        {
            if (fence > 0 && Interlocked.Exchange(ref _heir, null) is { } heir) await LeaveToAsync(heir, fence).ConfigureAwait(false);
            // With the lease goes the record, wherever the outcome of its write was lost.
            await GiveBackAsync(lease).ConfigureAwait(false);
            _resigned.TrySetResult();
            if (fence > 0) LogLeft(fence);
        }
    }

    private ValueTask<StoreCommit> WriteAsync(NodeId node, string name, long fence, long lease, CancellationToken cancellationToken)
    {
        var record = new LeaderRecord { NodeId = node, Name = name, ElectedAt = Timestamp.From(clocks.Time.GetUtcNow()) };
        return store.CommitAsync(new([new(Key, fence)], [new(Key, RecordCodec.Encode(record)) { Lease = lease }]), cancellationToken);
    }

    private async Task ServeAsync(long lease, long fence, long since, CancellationToken cancellationToken)
    {
        // Everything that was ever acknowledged lies before our own record: with it, nothing of the terms before is missing.
        await log.WaitAsync(state => state.Revision >= fence, cancellationToken).ConfigureAwait(false);
        var term = new Term(fence, clocks.Lease, open);
        term.Renewed(since);
        _resigned = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        LogElected(fence);
        LeadershipMetrics.TookOffice();
        _current = term;
        _elected.TrySetResult();
        var committing = term.Pipeline.RunAsync(over.Token);
        var renewing = RenewAsync(term, lease, over.Token);
        try
        {
            await Task.WhenAny(committing, renewing).ConfigureAwait(false);
            // A shutdown and a resignation finish what was accepted; only a lost lease does not wait for that.
            if (!renewing.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                term.Pipeline.Complete();
                await Task.WhenAny(committing, renewing).ConfigureAwait(false);
            }
        }
        finally
        {
            _elected = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _current = null;
            term.End();
            LeadershipMetrics.LeftOffice();
            await over.CancelAsync().ConfigureAwait(false);
            await committing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Keeps the lease alive; ends when it is gone, or may be soon.</summary>
    private async Task RenewAsync(Term term, long lease, CancellationToken cancellationToken)
    {
        var wait = LeaseTimes.RenewEvery;
        while (term.IsSure)
        {
            await Task.Delay(wait, clocks.Time, cancellationToken).ConfigureAwait(false);
            var since = clocks.Lease.GetTimestamp();
            using var timeout = new CancellationTokenSource(LeaseTimes.RenewTimeout, clocks.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                if (!await leases.KeepAliveAsync(lease, either.Token).ConfigureAwait(false)) return;
                term.Renewed(since);
                wait = LeaseTimes.RenewEvery;
            }
            catch (Exception e) when (e is MillException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                LogNotRenewed(e.Message);
                wait = LeaseTimes.RetryAfter;
            }
        }
    }

    /// <summary>
    /// Puts a record of the heir over our own. Whoever finds a record of its own that it does not fill takes it over at once; nobody else does, as long as the
    /// lease lives that we give it.
    /// </summary>
    private async Task LeaveToAsync(NodeRecord heir, long fence)
    {
        using var timeout = new CancellationTokenSource(LeaseTimes.ResignTimeout, clocks.Time);
        try
        {
            var lease = await leases.GrantAsync(LeaseTimes.TimeToLive, timeout.Token).ConfigureAwait(false);
            await WriteAsync(heir.Id, heir.Name, fence, lease, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            LogNotHandedOver(heir.Name, e.Message);
        }
    }

    private async Task GiveBackAsync(long lease)
    {
        using var timeout = new CancellationTokenSource(LeaseTimes.ResignTimeout, clocks.Time);
        try
        {
            await leases.RevokeAsync(lease, timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is MillException or OperationCanceledException)
        {
            LogNotGivenBack(e.Message);
        }
    }

    [LoggerMessage(3201, LogLevel.Information, "This node leads now, term {Fence}")]
    private partial void LogElected(long fence);

    [LoggerMessage(3202, LogLevel.Information, "This node does not lead any more, term {Fence}")]
    private partial void LogLeft(long fence);

    [LoggerMessage(3203, LogLevel.Warning, "Standing for election failed: {Reason}")]
    private partial void LogNotElected(string reason);

    [LoggerMessage(3204, LogLevel.Warning, "The lease of the leader was not renewed: {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(3206, LogLevel.Warning, "The office was not handed over to {Node}, and is anybody's now: {Reason}")]
    private partial void LogNotHandedOver(string node, string reason);

    [LoggerMessage(3205, LogLevel.Warning, "The lease of the leader was not given back, and ends by itself: {Reason}")]
    private partial void LogNotGivenBack(string reason);
}
