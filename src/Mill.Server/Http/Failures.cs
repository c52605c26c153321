using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>The outermost step of every request: gives it an id, counts it, and makes sure that whatever goes wrong is answered as documented.</summary>
internal sealed partial class Failures(RequestDelegate next, TimeProvider time, ILogger<Failures> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        var start = time.GetTimestamp();
        RequestIds.Assign(http);
        try
        {
            await next(http).ConfigureAwait(false);
            if (Unanswered(http) is { } failure) await ProblemReply.WriteAsync(http, failure).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ConnectionResetException or SocketException || (e is OperationCanceledException && http.RequestAborted.IsCancellationRequested))
        {
            // Nobody is there to read it; it is for the metrics.
            if (!http.Response.HasStarted) http.Response.StatusCode = 499;
            // The server may not know yet, and would try to read the rest of a body whose reader is broken.
            http.Abort();
        }
#pragma warning disable CA1031 // The last line of defence: no failure leaves without its problem document.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await AnswerAsync(http, e).ConfigureAwait(false);
        }
        RequestMetrics.Record(http, time.GetElapsedTime(start));
    }

    private async Task AnswerAsync(HttpContext http, Exception e)
    {
        var failure = AsMillException(e);
        if (failure.Error is MillError.RecordRejected or MillError.StorageDamaged) LogFailure(http.RequestId(), failure.Error, failure.Message);
        // The message of an unforeseen exception is not logged: nobody knows what it quotes.
        if (failure.Error is MillError.Internal) LogUnforeseen(http.RequestId(), e.GetType().Name, e.StackTrace);
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }
        var allowed = http.Response.Headers.Allow; // a 405 must say it (RFC 9110, section 15.5.6)
        http.Response.Clear();
        http.Response.Headers.Allow = allowed;
        RequestIds.Write(http);
        await ProblemReply.WriteAsync(http, failure).ConfigureAwait(false);
    }

    private static MillException AsMillException(Exception e) => e switch
    {
        MillException known => known,
        BadHttpRequestException { StatusCode: 413 } => new(MillError.TooLarge, "The body is larger than is taken here."),
        BadHttpRequestException { StatusCode: 408 } => new(MillError.RequestTimeout, "The body came too slowly."),
        BadHttpRequestException => new(MillError.InvalidRequest, "The request is not proper HTTP."),
        _ => new(MillError.Internal, "Something went wrong in the server.") { Hint = "Look for the request id in the server's log." },
    };

    /// <summary>What routing answered with a bare status.</summary>
    private static MillException? Unanswered(HttpContext http) => http.Response switch
    {
        { HasStarted: true } or { StatusCode: < 400 } or { ContentLength: > 0 } => null,
        { StatusCode: 405 } => new(MillError.MethodNotAllowed, "This path does not know this method.") { Hint = $"It knows: {http.Response.Headers.Allow}" },
        { StatusCode: 404 } => new(MillError.NotFound, "There is nothing at this path.") { Hint = "See /openapi/v1.json for what there is." },
        { StatusCode: 413 } => new(MillError.TooLarge, "The request is too large."),
        _ => new(MillError.InvalidRequest, "The request is not valid."),
    };

    [LoggerMessage(1001, LogLevel.Error, "Request {RequestId} failed with {Error}: {Reason}")]
    private partial void LogFailure(string requestId, MillError error, string reason);

    [LoggerMessage(1002, LogLevel.Error, "Request {RequestId} failed with an unforeseen {Exception}\n{StackTrace}")]
    private partial void LogUnforeseen(string requestId, string exception, string? stackTrace);
}
