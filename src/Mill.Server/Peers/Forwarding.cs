using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Peers;

/// <summary>Sees to it that every write is executed by the leader, whichever node it was sent to. Comes after routing.</summary>
/// <remarks>
/// 1. A request that another node passed on is executed here, or refused: never passed on again.
/// 2. Any other goes to the leader, which may be this node.
/// 3. Where that did not take it, nothing was written, and it goes to the next.
/// 4. Where its answer was lost, that is said; only a request with an idempotency key is sent again.
/// </remarks>
internal sealed partial class Forwarding(RequestDelegate next, ClusterParts cluster, PeerGate gate, TimeProvider time, ILogger<Forwarding> logger)
{
    /// <summary>A node that another one takes for the leader may just be taking office.</summary>
    private static readonly TimeSpan OwnElection = TimeSpan.FromSeconds(1);

    /// <summary>As long as clients wait. A leader that has a successor is not waited for.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(30);

    /// <summary>For a look at the engine, within what is promised for a refusal.</summary>
    private static readonly TimeSpan EnginePatience = TimeSpan.FromMilliseconds(500);

    private readonly Relay _relay = new(cluster.Calls);

    public async Task InvokeAsync(HttpContext http)
    {
        if (!IsWrite(http))
        {
            await next(http).ConfigureAwait(false);
        }
        else if (await gate.FindForwarderAsync(http).ConfigureAwait(false) is { } sender)
        {
            if (logger.IsEnabled(LogLevel.Debug)) http.Response.OnCompleted(() => Log(() => LogServed(http.RequestId(), sender, http.Response.StatusCode)));
            await DemandOfficeAsync(http.RequestAborted).ConfigureAwait(false);
            await next(http).ConfigureAwait(false);
        }
        else if (http.Request.Path.StartsWithSegments("/peer", StringComparison.OrdinalIgnoreCase))
        {
            await WriteAsync(http, await gate.DemandAsync(http).ConfigureAwait(false)).ConfigureAwait(false);
        }
        // Without a token it is refused right here.
        else if (http.Request.Headers.Authorization.Count == 0 && http.GetEndpoint()!.Metadata.GetMetadata<Anonymous>() is null)
        {
            await next(http).ConfigureAwait(false);
        }
        else
        {
            await WriteAsync(http, caller: null).ConfigureAwait(false);
        }
    }

    private static bool IsWrite(HttpContext http) =>
        http.Request.Method is not ("GET" or "HEAD" or "OPTIONS") && http.GetEndpoint() is RouteEndpoint endpoint && endpoint.Metadata.GetMetadata<AnyNode>() is null;

    private async Task WriteAsync(HttpContext http, NodeId? caller)
    {
        using var body = KeptBody.Of(http);
        var patience = NextLeader.PatienceOf(http.Request.Headers[NextLeader.PatienceHeader]);
        using var way = new NextLeader(cluster.Leadership, time, patience);
        LeaderRecord? tried = null;
        var mayHaveHappened = false;
        while (true)
        {
            if (tried is null && cluster.Leadership.IsLeader)
            {
                // As it was before: by the time this failed, the next one may be known.
                tried = cluster.Leadership.Leader;
                if (await TryHereAsync(http, mayHaveHappened).ConfigureAwait(false)) return;
            }
            var leader = await way.FindAsync(tried, http.RequestAborted).ConfigureAwait(false);
            tried = leader ?? throw (mayHaveHappened ? Unknown("no leader took it in time") : await WhyNobodyAsync(http.RequestAborted).ConfigureAwait(false));
            if (leader.NodeId == cluster.Self)
            {
                if (await TryHereAsync(http, mayHaveHappened).ConfigureAwait(false)) return;
                continue;
            }
            var outcome = await TryThereAsync(http, leader, body, caller, mayHaveHappened, patience, way.Limit).ConfigureAwait(false);
            if (outcome.Result is RelayResult.Answered) return;
            mayHaveHappened |= outcome.Result is RelayResult.Lost;
            if (mayHaveHappened && !http.Request.Headers.ContainsKey(WriteHeaders.IdempotencyKey)) throw Unknown(outcome.Reason);
        }
    }

    /// <summary>Who leads is written down: where the database is full, that is what keeps everybody from it.</summary>
    private async Task<MillException> WhyNobodyAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(EnginePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (await cluster.Engine.GetStatusAsync(either.Token).ConfigureAwait(false) is { IsFull: true } engine)
                return new(MillError.StorageFull, "The database has reached its quota, so no node can take the lead; nothing was written.")
                {
                    Hint = engine.DatabaseQuotaBytes is null ? StorageAdvice.FullElsewhere : StorageAdvice.Full,
                };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // It does not answer, so it is not that.
        }
        return NextLeader.Nobody();
    }

    /// <summary>False where this node lost the office in the meantime: nothing was written.</summary>
    private async Task<bool> TryHereAsync(HttpContext http, bool mayHaveHappened)
    {
        try
        {
            await next(http).ConfigureAwait(false);
            LogExecuted(http.RequestId(), http.Response.StatusCode);
            return true;
        }
        catch (MillException e) when (e.Error is MillError.NoLeader && !http.Response.HasStarted)
        {
            LogNotTaken(http.RequestId(), cluster.Self, e.Message);
            http.Response.Clear();
            RequestIds.Write(http);
            return false;
        }
        catch (MillException e) when (mayHaveHappened && IsOfThisAttempt(e.Error))
        {
            LogExecuted(http.RequestId(), HttpStatus.Of(MillError.OutcomeUnknown));
            throw Unknown(e.Message);
        }
        catch (MillException e)
        {
            LogExecuted(http.RequestId(), HttpStatus.Of(e.Error));
            throw;
        }
    }

    private async Task<RelayOutcome> TryThereAsync(HttpContext http, LeaderRecord leader, KeptBody body, NodeId? caller, bool mayHaveHappened, TimeSpan patience, CancellationToken sendBefore)
    {
        var known = await cluster.ReadLocalAsync(http.RequestAborted).ConfigureAwait(false);
        if (!known.Nodes.TryGetValue(leader.NodeId, out var node)) return new(RelayResult.NotSent, 0, "it is not known here", null);
        List<(string, string)> added = [(PeerGate.ForwardedHeader, cluster.Self.Value)];
        if (caller is { } asking) added.Add((PeerGate.NodeHeader, asking.Value));
        var place = PeerPlace.Of(node);
        var content = await body.ReadAsync(http).ConfigureAwait(false);
        // A leader that does not say even whether it is there stands still: what became of the write is not known then, within what is promised for a refusal.
        await using var watch = new SilenceWatch(cluster.Calls, place, within: patience);
        var leg = new RelayLeg(place, content, added)
        {
            AnswerWithin = AnswerWithin,
            SendBefore = sendBefore,
            BeginBefore = watch.Silent,
            Begun = watch.Stop,
            IsInVain = IsSucceeded(leader),
        };
        var start = time.GetTimestamp();
        bool IsForNext(MillError error) => error is MillError.NoLeader or MillError.NotReady || (mayHaveHappened && IsOfThisAttempt(error));
        var outcome = await _relay.TryAsync(http, leg, IsForNext).ConfigureAwait(false);
        ForwardMetrics.Record(outcome.Result, time.GetElapsedTime(start));
        if (outcome.Result is RelayResult.Answered) LogForwarded(http.RequestId(), node.Id, outcome.Status);
        else LogNotTaken(http.RequestId(), node.Id, outcome.Reason);
        return outcome;
    }

    /// <summary>Whether a leader has a successor, and had one the last time already: if its answer was on the way, it would be here.</summary>
    private Func<bool> IsSucceeded(LeaderRecord leader)
    {
        var before = false;
        return () =>
        {
            var (was, now) = (before, cluster.Leadership.Leader is { } current && current != leader);
            before = now;
            return was && now;
        };
    }

    private async Task DemandOfficeAsync(CancellationToken cancellationToken)
    {
        if (cluster.Leadership.IsLeader) return;
        using var limit = new CancellationTokenSource(OwnElection, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            LeaderRecord? other = null;
            do other = await cluster.Leadership.WaitForLeaderAsync(other, either.Token).ConfigureAwait(false);
            while (other.NodeId != cluster.Self);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MillException(MillError.NoLeader, "The node that this was passed on to does not lead. Nothing was written.")
            {
                Hint = "Try again: it goes to whoever leads then.",
            };
        }
    }

    /// <summary>What says nothing about an attempt before, which may have done it.</summary>
    private static bool IsOfThisAttempt(MillError error) => HttpStatus.Of(error) is >= 500 or 429;

    private static MillException Unknown(string why) => new(MillError.OutcomeUnknown, $"The write was passed on to the leader, and what became of it is not known: {why}")
    {
        Hint = "Look at what is stored now; with an Idempotency-Key, send the same request again.",
    };

    private static Task Log(Action log)
    {
        log();
        return Task.CompletedTask;
    }

    [LoggerMessage(1010, LogLevel.Debug, "Request {RequestId} was passed on to node {Node}, which answered {Status}")]
    private partial void LogForwarded(string requestId, NodeId node, int status);

    [LoggerMessage(1011, LogLevel.Debug, "Request {RequestId} was passed on by node {Node}, and answered {Status}")]
    private partial void LogServed(string requestId, NodeId node, int status);

    [LoggerMessage(1013, LogLevel.Debug, "Request {RequestId} was executed by this node, which leads, and answered {Status}")]
    private partial void LogExecuted(string requestId, int status);

    [LoggerMessage(1012, LogLevel.Information, "Request {RequestId} was not answered by node {Node}: {Reason}")]
    private partial void LogNotTaken(string requestId, NodeId node, string reason);
}
