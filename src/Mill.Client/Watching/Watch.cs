using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Mill.Client.Contracts;
using Mill.Client.Http;
using Mill.Secrets;

namespace Mill.Client.Watching;

/// <summary>One stream of changes over as many connections as it takes.</summary>
internal sealed class Watch(Transport transport, string? prefix, Action<WatchState>? connection)
{
    private readonly string _target = Targets.With(Targets.Watch, ("prefix", prefix));
    private readonly Backoff _backoff = new(transport.Options.Time);

    public async IAsyncEnumerable<SecretEvent> RunAsync(string? lastEventId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var isFirst = true;
        while (true)
        {
            if (await ConnectAsync(lastEventId, isFirst, cancellationToken).ConfigureAwait(false) is { } response)
            {
                isFirst = false;
                using var _ = response;
                connection?.Invoke(WatchState.Connected);
                var position = new StreamPosition();
                await foreach (var item in ReadAsync(response, position, cancellationToken).ConfigureAwait(false))
                {
                    _backoff.Reset();
                    if (!string.IsNullOrEmpty(item.EventId)) lastEventId = item.EventId;
                    if (ToEvent(item, lastEventId) is { } change) yield return change;
                }
                // All that came whole was passed on by now.
                lastEventId = position.Id ?? lastEventId;
                connection?.Invoke(WatchState.Lost);
            }
            await _backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Null where it may be tried again later.</summary>
    private async Task<HttpResponseMessage?> ConnectAsync(string? lastEventId, bool isFirst, CancellationToken cancellationToken)
    {
        using var call = new Call(HttpMethod.Get, _target) { Accept = "text/event-stream", LastEventId = lastEventId };
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
    private async IAsyncEnumerable<SseItem<SecretEventData?>> ReadAsync(HttpResponseMessage response, StreamPosition position, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var stream = new IdleStream(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), transport.Options.WatchSilence, transport.Options.Time) { Passed = position };
        await using var _ = stream.ConfigureAwait(false);
        var events = SseParser.Create(stream, ReadData).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var __ = events.ConfigureAwait(false);
        while (await TryMoveAsync(events).ConfigureAwait(false)) yield return events.Current;
    }

    private static async ValueTask<bool> TryMoveAsync(IAsyncEnumerator<SseItem<SecretEventData?>> events)
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

    private static SecretEventData? ReadData(string eventType, ReadOnlySpan<byte> data) =>
        eventType is "added" or "rotated" or "removed" ? Body.Read<SecretEventData>(data) : null;

    private static SecretEvent? ToEvent(SseItem<SecretEventData?> item, string? id) => (item.EventType, item.Data) switch
    {
        ("reset", _) => new(SecretEventKind.Reset, "", 0, id),
        ("added", { } data) => new(SecretEventKind.Added, data.Name, data.Version, id),
        ("rotated", { } data) => new(SecretEventKind.Rotated, data.Name, data.Version, id),
        ("removed", { } data) => new(SecretEventKind.Removed, data.Name, data.Version, id),
        // A later server may tell more; what this client does not know does not end the stream.
        _ => null,
    };
}
