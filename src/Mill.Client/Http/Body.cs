using System.Text.Encodings.Web;
using System.Text.Json;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>Bodies in both directions, in pinned memory because most of them hold secrets.</summary>
internal static class Body
{
    // More than any answer needs: one value of 256 KiB in base64, or a page of a thousand names.
    private const int MaxAnswer = 16 << 20;

    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static PinnedWriter Write<T>(T value, int capacity = 512)
    {
        var body = new PinnedWriter(capacity);
        try
        {
            using var json = new Utf8JsonWriter(body, Writing);
            JsonSerializer.Serialize(json, value, ApiJson.Lenient.TypeInfo<T>());
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>Throws <see cref="MillError.Internal"/> for an answer that is none of this API's.</summary>
    public static T Read<T>(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ApiJson.Lenient.TypeInfo<T>()) ?? throw NotUnderstood();
        }
        catch (JsonException)
        {
            // The cause is dropped: its message may quote a piece of the answer, and the answer may hold a secret.
            throw NotUnderstood();
        }
    }

    public static async Task<PinnedWriter> ReceiveAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var expected = content.Headers.ContentLength is > 0 and < MaxAnswer and var known ? (int)known + 1 : 4096;
        var body = new PinnedWriter(expected);
        try
        {
            var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = stream.ConfigureAwait(false);
            while (await stream.ReadAsync(body.GetMemory(), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            {
                body.Advance(read);
                if (body.WrittenCount > MaxAnswer) throw NotUnderstood();
            }
            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    public static MillException NotUnderstood() => new(MillError.Internal, "The server's answer is not one that this client understands.")
    {
        Hint = "Check that the address is a Mill server's, and that client and server are of the same version.",
    };
}
