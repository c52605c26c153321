using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>What GitHub said.</summary>
/// <param name="Date">Its own clock; limits are said in it.</param>
internal sealed partial record GitHubAnswer(HttpStatusCode Status, ReadOnlyMemory<byte> Body, DateTimeOffset Date, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;

    public bool IsRedirect => Status is HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    public string? this[string header] => Headers.GetValueOrDefault(header);

    /// <summary>The page after this one (RFC 8288); null where it is the last.</summary>
    public string? Next => this["Link"] is { } links && NextLink().Match(links) is { Success: true } match ? match.Groups["address"].Value : null;

    /// <summary>The body as what it should be. Throws <see cref="MillError.Internal"/> where it is something else.</summary>
    public T Read<T>(GitHubCall call, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(Body.Span, type) ?? throw GitHubProblems.NotUnderstood(call);
        }
        catch (JsonException)
        {
            // The cause is dropped: its message may quote a piece of the answer.
            throw GitHubProblems.NotUnderstood(call);
        }
    }

    // Nobody knows what a body quotes.
    public override string ToString() => $"{(int)Status}";

    [GeneratedRegex("""<(?<address>[^>]*)>\s*;[^,]*\brel="?next\b""", RegexOptions.ExplicitCapture)]
    private static partial Regex NextLink();
}
