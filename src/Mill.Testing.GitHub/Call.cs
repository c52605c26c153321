using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Mill.Testing.GitHub;

/// <summary>A request on its way to its answer.</summary>
/// <param name="Segments">Of the path, each decoded by itself, so that a name may have a slash in it.</param>
/// <param name="BaseAddress">As the client wrote it, with <c>/api/v3</c> where it did, without a slash at the end.</param>
internal sealed record Call(World World, string Method, string[] Segments, IQueryCollection Query, byte[] Content, string BaseAddress)
{
    /// <summary>Null where it shows none.</summary>
    public FakeToken? Token { get; set; }

    /// <summary>Null where it is not an app that asks.</summary>
    public FakeApp? App { get; set; }

    /// <summary>What it was found to need; null where that has not been asked.</summary>
    public Need? Need { get; set; }

    /// <summary>Where the same thing is under an address that no renaming changes. Links between pages use it.</summary>
    public string? LastingPath { get; set; }

    public string HtmlAddress => BaseAddress.EndsWith(Pipeline.EnterprisePrefix, StringComparison.Ordinal) ? BaseAddress[..^Pipeline.EnterprisePrefix.Length] : BaseAddress;

    public string? Asked(string name) => Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    /// <summary>The body. Throws <see cref="RefusedException"/> where it is not an object; an empty one is an empty object.</summary>
    public JsonObject Json()
    {
        if (Content.Length == 0) return [];
        try
        {
            return JsonNode.Parse(Content) as JsonObject ?? throw new RefusedException(Answer.Error(400, "Body should be a JSON object"));
        }
        catch (JsonException)
        {
            throw new RefusedException(Answer.Error(400, "Problems parsing JSON"));
        }
    }

    /// <summary>A text in the body. Throws <see cref="RefusedException"/> where it is missing or something else.</summary>
    public string DemandText(string member)
    {
        var node = Json()[member] ?? throw new RefusedException(Answer.Invalid($"\"{member}\" wasn't supplied."));
        return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw new RefusedException(Answer.Invalid($"For 'properties/{member}', {node.ToJsonString()} is not a string."));
    }
}
