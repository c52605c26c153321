using Microsoft.AspNetCore.Http;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>The body of a request that may have to be sent to another node, and again: read once, when somebody needs it, into memory that is cleared.</summary>
internal sealed class KeptBody : IDisposable
{
    private PinnedWriter? _body;

    /// <summary>Keeps the body of a request until this is disposed.</summary>
    public static KeptBody Of(HttpContext http)
    {
        var kept = new KeptBody();
        http.Features.Set(kept);
        return kept;
    }

    /// <summary>Throws as <see cref="RequestBody.ReadWholeAsync"/> does.</summary>
    public async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext http) =>
        (_body ??= await RequestBody.ReadWholeAsync(http).ConfigureAwait(false)).WrittenMemory;

    public void Dispose() => _body?.Dispose();
}
