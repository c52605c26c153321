using System.Net;
using System.Net.Http.Headers;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>
/// A JSON body straight from pinned memory, that goes out once and remembers whether it did. The writer stays its owner's: another message may carry it again.
/// </summary>
/// <remarks>
/// A write that has no body is given an empty one. A handler sends a request without any again by itself when a connection breaks, and if it finds nobody then, it
/// says that there was no connection: as if nothing had been sent.
/// </remarks>
internal sealed class PinnedContent : HttpContent
{
    private readonly PinnedWriter? _body;
    private int _sent;

    public PinnedContent(PinnedWriter? body)
    {
        _body = body;
        if (body is not null) Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>True once the request may have arrived.</summary>
    public bool WasSent => Volatile.Read(ref _sent) != 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _sent, 1) != 0) throw new IOException("The connection was lost.");
        return stream.WriteAsync(_body?.WrittenMemory ?? default, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body?.WrittenCount ?? 0;
        return true;
    }
}
