using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>Reads JSON bodies into memory that is cleared. Says where a body is wrong, never what stands there.</summary>
internal static class RequestBody
{
    public const int MaxSize = 1 << 20;

    private const int FirstRoom = 1 << 14;

    /// <summary>Throws <see cref="MillError.InvalidRequest"/> or <see cref="MillError.TooLarge"/>.</summary>
    public static ValueTask<T> ReadAsync<T>(HttpContext http) => ReadAsync(http, static body => Parse(body, ApiJson.Strict.TypeInfo<T>()));

    /// <summary>As the other, for a body that is read in its own way.</summary>
    public static async ValueTask<T> ReadAsync<T>(HttpContext http, BodyReader<T> read)
    {
        if (http.Features.Get<KeptBody>() is { } kept) return read((await kept.ReadAsync(http).ConfigureAwait(false)).Span);
        using var body = await ReadWholeAsync(http).ConfigureAwait(false);
        return read(body.WrittenSpan);
    }

    /// <summary>The bytes of the body. Throws <see cref="MillError.TooLarge"/>.</summary>
    public static async ValueTask<PinnedWriter> ReadWholeAsync(HttpContext http)
    {
        if (http.Request.ContentLength > MaxSize) throw new MillException(MillError.TooLarge, "The body is larger than 1 MiB.");
        // What a client announces is not what it sends: room for the rest is made as it comes.
        var body = new PinnedWriter((int)Math.Clamp(http.Request.ContentLength ?? 1024, 64, FirstRoom));
        try
        {
            var reader = http.Request.BodyReader;
            while (true)
            {
                var result = await NextAsync(reader, http.RequestAborted).ConfigureAwait(false);
                foreach (var segment in result.Buffer) body.Write(segment.Span);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) return body;
            }
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>A chunk size that overflows comes out of the HTTP server as a plain <see cref="IOException"/>; all else that a client can do wrong has its own type.</summary>
    private static async ValueTask<ReadResult> NextAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e is not ConnectionResetException and not BadHttpRequestException)
        {
            throw new MillException(MillError.InvalidRequest, "The request is not proper HTTP.", e);
        }
    }

    /// <summary>Throws <see cref="MillError.InvalidRequest"/> for what is no JSON of this type.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type)
    {
        if (json.IsEmpty) throw new MillException(MillError.InvalidRequest, "The body is empty; a JSON object is expected.");
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new JsonException();
        }
        catch (JsonException e)
        {
            throw Invalid(e);
        }
    }

    private static MillException Invalid(JsonException e)
    {
        var pointer = JsonMembers.ToPointer(e.Path);
        var isValue = e is SecretFormatException;
        var place = e.LineNumber is { } line ? $" See line {line + 1}, byte {e.BytePositionInLine + 1}." : "";
        var error = isValue ? MillError.InvalidValue : MillError.InvalidRequest;
        const string Wrong = "a member is missing, unknown, repeated or of the wrong type";
        return new(error, isValue
            ? "The value is not a JSON string of the right kind: value takes valid Unicode, value_base64 takes base64 with padding."
            : $"The body is not the JSON that is expected here: {Wrong}, or it is no JSON at all.{place}")
        {
            Hint = "See /openapi/v1.json for the members of every request.",
            Problems = pointer is null ? [] : [new(error.ToCode(), isValue ? "This is not a value." : $"Here, or inside, {Wrong}.", pointer)],
        };
    }
}

/// <summary>Reads a body, which is cleared afterwards.</summary>
internal delegate T BodyReader<out T>(ReadOnlySpan<byte> body);
