using System.Net;

namespace Mill.Server.Peers;

/// <summary>A body that goes out once, and remembers whether it did: as long as it did not, the request was not sent as a whole.</summary>
/// <remarks>Requests that have no body are given an empty one: a handler sends those without again by itself, when a connection breaks.</remarks>
internal sealed class SentOnce(ReadOnlyMemory<byte> body) : HttpContent
{
    private int _sent;

    /// <summary>True once the request may have arrived.</summary>
    public bool WasSent => Volatile.Read(ref _sent) != 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _sent, 1) != 0) throw new IOException("The connection was lost.");
        await stream.WriteAsync(body, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = body.Length;
        return true;
    }
}
