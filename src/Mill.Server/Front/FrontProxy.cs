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
    /// <summary>After this time nothing is begun any more: a refusal comes within five seconds.</summary>
    private static readonly TimeSpan BeginWithin = TimeSpan.FromSeconds(4.5);

    /// <summary>Longer than a vault takes to say that it cannot answer a read.</summary>
    private static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(10);

    /// <summary>As long as clients wait.</summary>
    private static readonly TimeSpan WriteWithin = TimeSpan.FromSeconds(30);

    private readonly Relay _relay = new(calls);

    public async Task PassAsync(HttpContext http)
    {
        using var body = KeptBody.Of(http);
        using var begin = new CancellationTokenSource(BeginWithin, calls.Time);
        var (isWrite, isLong) = (IsWrite(http.Request.Method), IsLong(http.Request.Path));
        if (!isWrite) http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var leg = new RelayLeg(null!, isWrite ? await body.ReadAsync(http).ConfigureAwait(false) : null, isWrite ? KeyOf(http) : [])
        {
            AnswerWithin = isLong ? Timeout.InfiniteTimeSpan : isWrite ? WriteWithin : ReadWithin,
            SendBefore = begin.Token,
            StreamEnds = shutdown.Token,
        };
        await TryAllAsync(http, leg, isWrite, begin.Token).ConfigureAwait(false);
    }

    private async Task TryAllAsync(HttpContext http, RelayLeg leg, bool isWrite, CancellationToken begin)
    {
        var (mayHaveHappened, refusal) = (false, (MillException?)null);
        foreach (var vault in pool.InOrder())
        {
            if (begin.IsCancellationRequested || shutdown.Token.IsCancellationRequested) break;
            var outcome = await _relay.TryAsync(http, leg with { To = vault }, error => IsElsewhere(error, isWrite)).ConfigureAwait(false);
            if (outcome.Result is RelayResult.Answered)
            {
                pool.Answered(vault);
                return;
            }
            pool.Failed(vault);
            LogNotAnswered(http.RequestId(), vault, outcome.Reason);
            refusal = outcome.Refusal ?? refusal;
            mayHaveHappened |= isWrite && (outcome.Result is RelayResult.Lost || outcome.Refusal?.Error is MillError.OutcomeUnknown);
        }
        if (!mayHaveHappened) throw refusal ?? new(MillError.NotReady, "No vault node can be reached from here.") { Hint = "Try again; ask an operator if it stays so." };
        throw new MillException(MillError.OutcomeUnknown, "The answer of a vault node was lost; the change may or may not have been made.")
        {
            Hint = "Look at what is stored now, and repeat the request if need be.",
        };
    }

    /// <summary>Whether another vault node may do better. With its key, a write is applied once, however often it is sent.</summary>
    private static bool IsElsewhere(MillError error, bool isWrite) =>
        error is MillError.NoLeader or MillError.NotReady or MillError.NoQuorum or MillError.VaultSealed || (isWrite && error is MillError.OutcomeUnknown);

    private static bool IsWrite(string method) => method is not ("GET" or "HEAD" or "OPTIONS");

    /// <summary>It reads everything before it answers.</summary>
    private static bool IsLong(PathString path) => path.StartsWithSegments("/v1/verify", StringComparison.OrdinalIgnoreCase);

    private static IReadOnlyList<(string Name, string Value)> KeyOf(HttpContext http) =>
        http.Request.Headers.ContainsKey(WriteHeaders.IdempotencyKey) ? [] : [(WriteHeaders.IdempotencyKey, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)))];

    [LoggerMessage(1022, LogLevel.Information, "Request {RequestId} was not answered by the vault node at {Vault}: {Reason}")]
    private partial void LogNotAnswered(string requestId, PeerPlace vault, string reason);
}
