using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Mill.Client.Contracts;
using Mill.Core.Access;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>Server-sent events of what happens to secrets: names and versions, never values.</summary>
internal sealed class WatchEndpoint(IVault vault, Authentication authentication, TimeProvider time, ServerShutdown shutdown)
{
    private const int MaxStreams = 4096;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan StopGrace = TimeSpan.FromSeconds(1);

    private int _streams;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/secrets:watch", WatchAsync);

    private async Task WatchAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        AccessRules.Demand(caller, Verb.ListNames);
        var prefix = QueryArguments.Of(http, "prefix").Text("prefix") ?? "";
        var after = LastEventId(http);
        if (Interlocked.Increment(ref _streams) > MaxStreams)
        {
            Interlocked.Decrement(ref _streams);
            throw new MillException(MillError.RateLimited, "Too many watch streams are open.");
        }
        try
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shutdown.Token);
            await StreamAsync(http, caller, prefix, after, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (shutdown.Token.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            // The server stops: the stream ends properly, and the client resumes it elsewhere.
        }
        finally
        {
            Interlocked.Decrement(ref _streams);
        }
    }

    private async Task StreamAsync(HttpContext http, Caller caller, string prefix, long? after, CancellationToken cancellationToken)
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        // A write that is cancelled breaks the connection off: what is being written when the server stops is written to its end, unless nobody reads it.
        using var grace = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var stopping = shutdown.Token.Register(static grace => ((CancellationTokenSource)grace!).CancelAfter(StopGrace), grace);
        using var writing = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, grace.Token);
        if (after is { } resumed) await WritePositionAsync(http, resumed, writing.Token).ConfigureAwait(false);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var steps = vault.WatchAsync(caller, prefix, after, end.Token).GetAsyncEnumerator(end.Token);
        using var heartbeat = new PeriodicTimer(Heartbeat, time);
        var next = steps.MoveNextAsync().AsTask();
        var tick = heartbeat.WaitForNextTickAsync(cancellationToken).AsTask();
        try
        {
            while (true)
            {
                if (await Task.WhenAny(next, tick).ConfigureAwait(false) == next)
                {
                    if (!await next.ConfigureAwait(false)) return;
                    var isFirst = after is null;
                    after = steps.Current.Revision;
                    if (isFirst) await WritePositionAsync(http, steps.Current.Revision, writing.Token).ConfigureAwait(false);
                    if (steps.Current.Events.Count > 0)
                    {
                        // Whoever may no longer ask is no longer told.
                        await authentication.DemandAsync(http).ConfigureAwait(false);
                        await WriteAsync(http, steps.Current, writing.Token).ConfigureAwait(false);
                    }
                    next = steps.MoveNextAsync().AsTask();
                }
                else
                {
                    await tick.ConfigureAwait(false);
                    await authentication.DemandAsync(http).ConfigureAwait(false);
                    if (after is { } position) await WritePositionAsync(http, position, writing.Token).ConfigureAwait(false);
                    tick = heartbeat.WaitForNextTickAsync(cancellationToken).AsTask();
                }
            }
        }
        finally
        {
            // An enumerator may only be disposed once nobody waits for its next step.
            await end.CancelAsync().ConfigureAwait(false);
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>An id without data: it fires no event, but tells the client from where to resume, even where nothing of interest happened.</summary>
    private static async ValueTask WritePositionAsync(HttpContext http, long revision, CancellationToken cancellationToken)
    {
        await http.Response.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"id: {revision}\n\n"), cancellationToken).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async ValueTask WriteAsync(HttpContext http, WatchStep step, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        for (var i = 0; i < step.Events.Count; i++)
        {
            var secretEvent = step.Events[i];
            Append(buffer, $"event: {TextOf(secretEvent.Kind)}\ndata: ");
            buffer.Write(JsonSerializer.SerializeToUtf8Bytes(new SecretEventData(secretEvent.Name, secretEvent.Version), ApiJson.Strict.TypeInfo<SecretEventData>()));
            // Only the last event of a revision carries its id: a stream that breaks in between starts the whole revision again.
            Append(buffer, i == step.Events.Count - 1 ? string.Create(CultureInfo.InvariantCulture, $"\nid: {step.Revision}\n\n") : "\n\n");
        }
        await http.Response.Body.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static void Append(ArrayBufferWriter<byte> buffer, string text) => Encoding.UTF8.GetBytes(text, buffer);

    private static string TextOf(SecretEventKind kind) => kind switch
    {
        SecretEventKind.Added => "added",
        SecretEventKind.Rotated => "rotated",
        SecretEventKind.Removed => "removed",
        _ => "reset",
    };

    private static long? LastEventId(HttpContext http)
    {
        if (WriteHeaders.Single(http.Request.Headers["Last-Event-ID"], "Last-Event-ID") is not { } text) return null;
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : throw new MillException(MillError.InvalidRequest, "Last-Event-ID holds no revision.");
    }
}
