using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Mill.Client.Contracts;

namespace Mill.Server.Api.Fleet;

/// <summary>Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), each sent at once.</summary>
internal sealed class EventWriter(HttpContext http, CancellationToken cancellationToken)
{
    /// <summary>So often something is said, whatever happens.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    public void Begin()
    {
        http.Response.ContentType = "text/event-stream";
        http.Response.Headers.CacheControl = "no-store";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
    }

    /// <param name="type">Null for an event without a type.</param>
    public async Task WriteAsync<T>(string? type, T data) => await WriteJsonAsync(type, JsonSerializer.SerializeToUtf8Bytes(data, ApiJson.Strict.TypeInfo<T>())).ConfigureAwait(false);

    /// <param name="json">On one line.</param>
    public async Task WriteJsonAsync(string? type, ReadOnlyMemory<byte> json)
    {
        var buffer = new ArrayBufferWriter<byte>(json.Length + 64);
        if (type is not null) Encoding.UTF8.GetBytes($"event: {type}\n", buffer);
        buffer.Write("data: "u8);
        buffer.Write(json.Span);
        buffer.Write("\n\n"u8);
        await SendAsync(buffer.WrittenMemory).ConfigureAwait(false);
    }

    /// <summary>A comment: the client sees that the server is there.</summary>
    public Task BeatAsync() => SendAsync(": \n\n"u8.ToArray());

    private async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        await http.Response.Body.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await http.Response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }
}
