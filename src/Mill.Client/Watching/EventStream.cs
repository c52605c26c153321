using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Mill.Client.Http;
using Mill.Secrets;

namespace Mill.Client.Watching;

/// <summary>Server-sent events of one kind of data.</summary>
/// <param name="read">Reads the data of a type of event; null for what a later server tells besides, which is passed over.</param>
internal sealed class EventStream<T>(Transport transport, string target, SseItemParser<T?> read)
    where T : class
{
    /// <summary>Null where it may be tried again later: never for the first connection.</summary>
    public async Task<HttpResponseMessage?> OpenAsync(bool isFirst, CancellationToken cancellationToken)
    {
        using var call = new Call(HttpMethod.Get, target) { Accept = "text/event-stream" };
        try
        {
            return await transport.OpenAsync(call, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (!isFirst && e.IsTransient)
        {
            return null;
        }
    }

    /// <summary>Ends when the connection does.</summary>
    public async IAsyncEnumerable<SseItem<T?>> ReadAsync(HttpResponseMessage response, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = new IdleStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), transport.Options.WatchSilence, transport.Options.Time);
        await using var _ = stream.ConfigureAwait(false);
        var events = SseParser.Create(stream, (type, data) => data.IsEmpty ? null : read(type, data)).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var __ = events.ConfigureAwait(false);
        while (await TryMoveAsync(events).ConfigureAwait(false)) yield return events.Current;
    }

    private static async ValueTask<bool> TryMoveAsync(IAsyncEnumerator<SseItem<T?>> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            return false;
        }
    }
}
