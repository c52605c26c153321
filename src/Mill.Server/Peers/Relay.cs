using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Peers;

/// <summary>Passes one request on to another server, and its answer back, as they are.</summary>
internal sealed class Relay(PeerCalls calls)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// Tries once. Whatever comes back is the answer, unless the server says by one of <paramref name="elsewhere"/> that another one may do. Once the answer has
    /// begun, a failure ends the client's connection: it must see that the rest is missing.
    /// </summary>
    public async Task<RelayOutcome> TryAsync(HttpContext http, RelayLeg leg, Predicate<MillError> elsewhere)
    {
        using var content = leg.Body is { } body ? new SentOnce(body) : null;
        using var attempt = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        using var late = new CancellationTokenSource(leg.AnswerWithin, calls.Time);
        using var gaveUp = late.Token.UnsafeRegister(static attempt => ((CancellationTokenSource)attempt!).Cancel(), attempt);
        // What was not sent by then is not sent any more; what was, is waited for.
        using var unsent = leg.SendBefore.UnsafeRegister(_ => CancelUnsent(content, attempt), null);
        using var begins = leg.BeginBefore.UnsafeRegister(static attempt => ((CancellationTokenSource)attempt!).Cancel(), attempt);
        using var look = leg.IsInVain is { } isInVain ? calls.Time.CreateTimer(_ => CancelIf(isInVain, attempt), null, LookEvery, LookEvery) : null;
        try
        {
            using var request = RelayedHeaders.Request(http, leg, content);
            using var answer = await calls.SendAsync(leg.To, request, attempt.Token).ConfigureAwait(false);
            if (answer.StatusCode is HttpStatusCode.ServiceUnavailable or HttpStatusCode.TooManyRequests)
                return await RefusalAsync(http, leg, answer, elsewhere, attempt.Token).ConfigureAwait(false);
            var isStream = answer.Content.Headers.ContentLength is null;
            if (isStream) late.CancelAfter(Timeout.InfiniteTimeSpan);
            using var ends = isStream ? leg.StreamEnds.UnsafeRegister(static attempt => ((CancellationTokenSource)attempt!).Cancel(), attempt) : default;
            await CopyAsync(http, answer, isStream, leg.Begun, begins, attempt.Token).ConfigureAwait(false);
            return RelayOutcome.Answered(answer.StatusCode);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            // However it ended, there is nobody any more to tell.
            http.RequestAborted.ThrowIfCancellationRequested();
            if (http.Response.HasStarted) throw new MillException(MillError.OutcomeUnknown, $"The answer of {leg.To} broke off.", e);
            http.Response.Clear();
            RequestIds.Write(http);
            return new(content is { WasSent: false } ? RelayResult.NotSent : RelayResult.Lost, 0, PeerAnswer.Reason(e), null);
        }
    }

    private static async Task<RelayOutcome> RefusalAsync(HttpContext http, RelayLeg leg, HttpResponseMessage answer, Predicate<MillError> elsewhere, CancellationToken cancellationToken)
    {
        using var body = await PeerAnswer.ReadAsync(answer, cancellationToken).ConfigureAwait(false);
        var failure = PeerAnswer.Failure(leg.To, answer, body.WrittenSpan);
        if (elsewhere(failure.Error)) return new(RelayResult.Refused, (int)answer.StatusCode, failure.Message, failure);
        RelayedHeaders.Answer(http, answer);
        // It is here as a whole. A write that is cancelled would break it off, and no time limit is worth that.
        await http.Response.Body.WriteAsync(body.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
        return RelayOutcome.Answered(answer.StatusCode);
    }

    private static async Task CopyAsync(HttpContext http, HttpResponseMessage answer, bool isStream, Action? begun, CancellationTokenRegistration begins, CancellationToken cancellationToken)
    {
        var body = await answer.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var buffer = PinnedBuffers.Rent(16 * 1024);
        try
        {
            // The head of a stream is news by itself. Elsewhere it waits for the first of the body, so that an answer that is lost before can be asked for again.
            var read = isStream ? 0 : await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            await begins.DisposeAsync().ConfigureAwait(false);
            begun?.Invoke();
            // And then for the rest, as far as it has room here: half of an answer is none.
            if (read > 0) read += await body.ReadAtLeastAsync(buffer.AsMemory(read), buffer.Length - read, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            RelayedHeaders.Answer(http, answer);
            if (answer.StatusCode is HttpStatusCode.SwitchingProtocols)
            {
                await JoinAsync(http, body, cancellationToken).ConfigureAwait(false);
                return;
            }
            if (isStream)
            {
                await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
                read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            // A write that is cancelled breaks the answer off: only where nobody wants it any more, or it has no end.
            var writing = isStream ? cancellationToken : http.RequestAborted;
            while (read > 0)
            {
                await http.Response.Body.WriteAsync(buffer.AsMemory(0, read), writing).ConfigureAwait(false);
                read = await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            PinnedBuffers.Return(buffer);
        }
    }

    /// <summary>From now on it is a connection, whose bytes go both ways as they are. The end of one way is that of both: who speaks WebSocket says goodbye before.</summary>
    private static async Task JoinAsync(HttpContext http, Stream theirs, CancellationToken cancellationToken)
    {
        http.Response.Headers.Upgrade = RelayedHeaders.WebSocket;
        var own = await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync().ConfigureAwait(false);
        await using var _ = own.ConfigureAwait(false);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (there, back) = (own.CopyToAsync(theirs, end.Token), theirs.CopyToAsync(own, end.Token));
        await Task.WhenAny(there, back).ConfigureAwait(false);
        await end.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(there, back).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void CancelIf(Func<bool> isInVain, CancellationTokenSource attempt)
    {
        try
        {
            if (isInVain()) attempt.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The answer came in this very moment: a timer may fire once more while it is stopped.
        }
    }

    private static void CancelUnsent(SentOnce? content, CancellationTokenSource attempt)
    {
        if (content is { WasSent: false }) attempt.Cancel();
    }
}

/// <summary>One way a request is tried.</summary>
/// <param name="Body">Null for a request that may be sent again by anybody at any time.</param>
/// <param name="Added">Headers that take the place of the client's own.</param>
internal sealed record RelayLeg(PeerPlace To, ReadOnlyMemory<byte>? Body, IReadOnlyList<(string Name, string Value)> Added)
{
    /// <summary>Path and query; null for those of the request.</summary>
    public string? Target { get; init; }

    /// <summary>Until the answer is there; of one that is a stream, until it begins.</summary>
    public required TimeSpan AnswerWithin { get; init; }

    /// <summary>Cancelled when it makes no sense any more to begin.</summary>
    public CancellationToken SendBefore { get; init; }

    /// <summary>Cancelled when an answer that has not begun is not waited for any more; one that has goes on.</summary>
    public CancellationToken BeginBefore { get; init; }

    /// <summary>Called when the answer has begun.</summary>
    public Action? Begun { get; init; }

    /// <summary>Asked now and then: true once it makes no sense any more to wait.</summary>
    public Func<bool>? IsInVain { get; init; }

    /// <summary>Ends an answer that has no end of its own.</summary>
    public CancellationToken StreamEnds { get; init; }
}

internal enum RelayResult
{
    /// <summary>The client has its answer.</summary>
    Answered,

    /// <summary>It never left as a whole: nothing happened.</summary>
    NotSent,

    /// <summary>The other server did nothing; another one may do.</summary>
    Refused,

    /// <summary>It may have arrived, and no answer came.</summary>
    Lost,
}

/// <param name="Reason">Why there is no answer, in words.</param>
internal readonly record struct RelayOutcome(RelayResult Result, int Status, string Reason, MillException? Refusal)
{
    public static RelayOutcome Answered(HttpStatusCode status) => new(RelayResult.Answered, (int)status, "", null);
}
