using System.Net;
using System.Net.Http.Headers;

namespace Mill.State.Etcd;

/// <summary>A body that goes out once, and remembers whether it did: as long as it did not, nothing can have happened.</summary>
internal sealed class OnceContent : HttpContent
{
    private readonly ReadOnlyMemory<byte> _body;
    private int _sent;

    public OnceContent(ReadOnlyMemory<byte> body)
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
    }

    /// <summary>True once its first byte may have left.</summary>
    public bool WasSent => Volatile.Read(ref _sent) != 0;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        // A handler that quietly sent a write again could do it twice.
        if (Interlocked.Exchange(ref _sent, 1) != 0) throw new IOException("The connection was lost.");
        await stream.WriteAsync(_body, cancellationToken).ConfigureAwait(false);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _body.Length;
        return true;
    }
}
