using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Mill.Secrets;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Front;

/// <summary>
/// Passes every request on to a vault node, and to the next one where that cannot take it. The caller's token goes along: the vault decides what it may.
/// Every write carries an idempotency key, the client's or one of our own, so that it can be sent again whatever became of it.
/// </summary>
internal sealed partial class FrontProxy(VaultPool pool, PeerCalls calls, ServerShutdown shutdown, ILogger<FrontProxy> logger)
{
    /// <summary>Of one read, over all vaults together, and for a write to be sent: a refusal comes within five seconds, and a vault that is asked alone has said it before.</summary>
    private static readonly TimeSpan BeginWithin = TimeSpan.FromSeconds(4.2);

    /// <summary>A vault that does not say even whether it is there stands still. A read goes elsewhere then.</summary>
    private static readonly TimeSpan ReadPatience = TimeSpan.FromSeconds(3);

    /// <summary>What became of a write is not known then.</summary>
    private static readonly TimeSpan WritePatience = NextLeader.Patience;

    /// <summary>A vault that took longer to say that it cannot has looked for a leader, or for a majority.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(300);

    /// <summary>Until the whole of an answer is there whose length is known.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(10);

    /// <summary>As long as clients wait.</summary>
    private static readonly TimeSpan WriteWithin = TimeSpan.FromSeconds(30);

    private readonly Relay _relay = new(calls);

    public async Task PassAsync(HttpContext http)
    {
        using var body = KeptBody.Of(http);
        var (hasBody, isLong) = (http.Request.Method is not ("GET" or "HEAD" or "OPTIONS"), IsLong(http.Request.Path));
        var isWrite = hasBody && !isLong && !IsQuestion(http.Request.Path);
        if (!isWrite) http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var sent = hasBody ? await body.ReadAsync(http).ConfigureAwait(false) : (ReadOnlyMemory<byte>?)null;
        // The client's own pace does not count.
        using var begin = new CancellationTokenSource(BeginWithin, calls.Time);
        var leg = new RelayLeg(null!, sent, isWrite ? KeyOf(http) : [])
        {
            AnswerWithin = isLong ? Timeout.InfiniteTimeSpan : isWrite ? WriteWithin : ReadWithin,
            SendBefore = begin.Token,
            // A write that was sent to a vault that lives is waited for, and so is what takes its time.
            BeginBefore = isWrite || isLong ? default : begin.Token,
            StreamEnds = shutdown.Token,
        };
        await TryAllAsync(http, leg, isWrite, begin.Token).ConfigureAwait(false);
    }

    private async Task TryAllAsync(HttpContext http, RelayLeg leg, bool isWrite, CancellationToken begin)
    {
        var (mayHaveHappened, refusal, began) = (false, (MillException?)null, calls.Time.GetTimestamp());
        foreach (var vault in pool.InOrder())
        {
            if (begin.IsCancellationRequested || shutdown.Token.IsCancellationRequested) break;
            var start = calls.Time.GetTimestamp();
            await using var watch = new SilenceWatch(calls, vault, isWrite ? WritePatience : ReadPatience);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(leg.BeginBefore, watch.Silent);
            var outcome = await _relay.TryAsync(http, leg with { To = vault, Added = Headers(leg, isWrite, calls.Time.GetElapsedTime(began)), BeginBefore = either.Token, Begun = watch.Stop }, error => IsElsewhere(error, isWrite)).ConfigureAwait(false);
            if (outcome.Result is RelayResult.Answered)
            {
                pool.Answered(vault);
                LogAnswered(http.RequestId(), vault, outcome.Status);
                return;
            }
            var isSlow = watch.Silent.IsCancellationRequested || (outcome.Result is RelayResult.Refused && calls.Time.GetElapsedTime(start) > Quick);
            pool.Failed(vault, othersFirst: isSlow || (outcome.Result is RelayResult.NotSent && !begin.IsCancellationRequested));
            LogNotAnswered(http.RequestId(), vault, outcome.Reason);
            refusal = outcome.Refusal ?? refusal;
            mayHaveHappened |= isWrite && (outcome.Result is RelayResult.Lost || outcome.Refusal?.Error is MillError.OutcomeUnknown);
            // The next one may take as long, and what it was sent too late would be in doubt. The client's next try goes there first.
            if (isWrite && isSlow) break;
        }
        if (!mayHaveHappened) throw refusal ?? new(MillError.NotReady, "No vault node can be reached from here, or none answers.") { Hint = "Try again; ask an operator if it stays so." };
        throw new MillException(MillError.OutcomeUnknown, "The answer of a vault node was lost; the change may or may not have been made.")
        {
            Hint = "Look at what is stored now, and repeat the request if need be.",
        };
    }

    /// <summary>A vault that looks for a leader has what the ones before it have left of the time.</summary>
    private static IReadOnlyList<(string Name, string Value)> Headers(RelayLeg leg, bool isWrite, TimeSpan spent)
    {
        if (!isWrite) return leg.Added;
        var left = (int)Math.Max(0, (NextLeader.Patience - spent).TotalMilliseconds);
        return [.. leg.Added, (NextLeader.PatienceHeader, left.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>Whether another vault node may do better. With its key, a write is applied once, however often it is sent.</summary>
    private static bool IsElsewhere(MillError error, bool isWrite) =>
        error is MillError.NoLeader or MillError.NotReady or MillError.NoQuorum or MillError.VaultSealed || (isWrite && error is MillError.OutcomeUnknown);

    /// <summary>It has a body, and changes nothing.</summary>
    private static bool IsQuestion(PathString path) => path.StartsWithSegments("/v1/env/expand", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/v1/plan", StringComparison.OrdinalIgnoreCase);

    /// <summary>It reads everything before it answers.</summary>
    private static bool IsLong(PathString path) => path.StartsWithSegments("/v1/verify", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<(string Name, string Value)> KeyOf(HttpContext http) =>
        http.Request.Headers.ContainsKey(WriteHeaders.IdempotencyKey) ? [] : [(WriteHeaders.IdempotencyKey, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)))];

    [LoggerMessage(1022, LogLevel.Information, "Request {RequestId} was not answered by the vault node at {Vault}: {Reason}")]
    private partial void LogNotAnswered(string requestId, PeerPlace vault, string reason);

    [LoggerMessage(1023, LogLevel.Debug, "Request {RequestId} was passed on to the vault node at {Vault}, which answered {Status}")]
    private partial void LogAnswered(string requestId, PeerPlace vault, int status);
}
