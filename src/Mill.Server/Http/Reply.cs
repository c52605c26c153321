using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>Writes answers: whole, with their length, from memory that is cleared afterwards.</summary>
internal static class Reply
{
    public const string RevisionHeader = "Mill-Revision";
    public const string ReplayedHeader = "Mill-Replayed";

    private static readonly JsonWriterOptions Compact = new() { Encoder = ApiJson.Strict.Encoder, SkipValidation = true };

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static Task JsonAsync<T>(HttpContext http, int status, T body, string contentType = "application/json") =>
        JsonAsync(http, status, body, contentType, static (writer, body) => JsonSerializer.Serialize(writer, body, Form<T>.Type));

    /// <summary>With a body that is written by hand, where the serializer's way costs too much.</summary>
    public static async Task JsonAsync<T>(HttpContext http, int status, T body, string contentType, Action<Utf8JsonWriter, T> write)
    {
        using var buffer = new PinnedWriter();
        var writer = _writer ??= new(Stream.Null, Compact);
        writer.Reset(buffer);
        write(writer, body);
        writer.Flush();
        writer.Reset(Stream.Null);
        http.Response.StatusCode = status;
        http.Response.ContentType = contentType;
        http.Response.ContentLength = buffer.WrittenCount;
        // What holds a secret must not be kept by anything on the way.
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, http.RequestAborted).ConfigureAwait(false);
    }

    public static Task EmptyAsync(HttpContext http, int status)
    {
        http.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    public static void SetRevision(this HttpContext http, long revision) => http.Response.Headers[RevisionHeader] = revision.ToString(CultureInfo.InvariantCulture);

    public static void SetReplayed(this HttpContext http, bool replayed)
    {
        if (replayed) http.Response.Headers[ReplayedHeader] = "true";
    }

    public static void SetVersionTag(this HttpContext http, int version) => http.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{version}\"");

    /// <summary>Looked up once for each type of body.</summary>
    private static class Form<T>
    {
        public static readonly JsonTypeInfo<T> Type = ApiJson.Strict.TypeInfo<T>();
    }
}
