using System.Net;
using System.Net.Http.Headers;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>A JSON body straight from pinned memory. The writer stays its owner's: the same body can be sent again.</summary>
internal sealed class PinnedContent : HttpContent
{
    private readonly PinnedWriter _body;

    public PinnedContent(PinnedWriter body)
    {
        _body = body;
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        stream.WriteAsync(_body.WrittenMemory, cancellationToken).AsTask();

    protected override bool TryComputeLength(out long length)
    {
        length = _body.WrittenCount;
        return true;
    }
}
