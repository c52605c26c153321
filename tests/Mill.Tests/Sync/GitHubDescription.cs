using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mill.Tests.Sync;

/// <summary>What GitHub's published description says of answers: <c>github-openapi.json</c>, which says where it is from.</summary>
internal static class GitHubDescription
{
    private static readonly JsonObject Document = JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsObject();

    public static string File => Path.Combine(Repository.Root, "tests", "Mill.Tests", "Sync", "github-openapi.json");

    /// <summary>Each operation, with each of its codes of success.</summary>
    public static IEnumerable<(string Method, string Path, int Status)> Successes =>
        from path in Document["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        from response in operation.Value!["responses"]!.AsObject()
        where response.Key.StartsWith('2')
        select (operation.Key.ToUpperInvariant(), path.Key, int.Parse(response.Key, CultureInfo.InvariantCulture));

    /// <summary>The path in the description; null where there is none.</summary>
    public static string? Template(string target)
    {
        var segments = Segments(target);
        return Document["paths"]!.AsObject().Select(path => path.Key).Where(template => Fits(Segments(template), segments)).MinBy(template => template.Count(c => c is '{'));
    }

    /// <summary>Where the answer is not as it is described; nothing where it is.</summary>
    public static IReadOnlyList<string> Faults(string method, string target, GitHubReply reply)
    {
        if (Template(target) is not { } template || Document["paths"]![template]![method.ToLowerInvariant()] is not { } operation) return reply.Status == 404 ? [] : [$"{method} {target} is not described"];
        if (reply.Status == 304) return [];
        if ((operation["responses"]![$"{reply.Status}"] ?? operation["responses"]![$"{reply.Status / 100}XX"]) is not { } response) return [$"{method} {template} is never answered with {reply.Status}"];
        if (Resolve(response)["content"]?["application/json"]?["schema"] is not { } schema) return reply.Body is null ? [] : [$"{method} {template}: {reply.Status} has a body"];
        return reply.Header("Content-Type") is "application/json; charset=utf-8" ? [.. Faults(schema, reply.Body, $"{method} {template} {reply.Status}")] : [$"{method} {template}: {reply.Status} is not JSON"];
    }

    private static IEnumerable<string> Faults(JsonNode reference, JsonNode? value, string place)
    {
        var schema = Resolve(reference);
        if (value is null) return (bool?)reference["nullable"] is true ? [] : [$"{place} is null"];
        return (string?)schema["type"] switch
        {
            "object" => value is JsonObject members ? OfObject(schema, members, place) : [$"{place} is no object"],
            "array" => value is JsonArray items ? items.SelectMany((item, index) => Faults(schema["items"]!, item, $"{place}[{index}]")) : [$"{place} is no array"],
            "string" => value.GetValueKind() is JsonValueKind.String ? OfText(schema, value.GetValue<string>(), place) : [$"{place} is no string"],
            "integer" => value is JsonValue number && number.TryGetValue<long>(out _) ? [] : [$"{place} is no integer"],
            "boolean" => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? [] : [$"{place} is no boolean"],
            var type => [$"{place}: {type} is not known"],
        };
    }

    private static IEnumerable<string> OfObject(JsonNode schema, JsonObject members, string place)
    {
        foreach (var name in (schema["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => !members.ContainsKey(name))) yield return $"{place}.{name} is missing";
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            if (!members.TryGetPropertyValue(name, out var member)) continue;
            foreach (var fault in Faults(property!, member, $"{place}.{name}")) yield return fault;
        }
    }

    private static IEnumerable<string> OfText(JsonNode schema, string text, string place)
    {
        if (schema["enum"] is JsonArray values && !values.Any(value => (string?)value == text)) yield return $"{place} is {text}";
        var isFormed = (string?)schema["format"] switch
        {
            "date-time" => DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
            "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
            _ => true,
        };
        if (!isFormed) yield return $"{place} is {text}";
    }

    private static JsonNode Resolve(JsonNode node) =>
        (string?)node["$ref"] is { } pointer ? pointer.Split('/').Skip(1).Aggregate((JsonNode)Document, (parent, name) => parent[name] ?? throw new KeyNotFoundException(pointer)) : node;

    private static bool Fits(string[] template, string[] segments) => template.Length == segments.Length && template.Zip(segments).All(pair => pair.First.StartsWith('{') || pair.First == pair.Second);

    // Those that no renaming changes stand for those with names; a server of one's own has the same behind a prefix.
    private static string[] Segments(string target) => target.Split('?')[0].Split('/', StringSplitOptions.RemoveEmptyEntries) switch
    {
        ["api", "v3", .. var rest] => Segments(string.Join('/', rest)),
        ["repositories", _, .. var rest] => ["repos", "owner", "name", .. rest],
        ["organizations", _, .. var rest] => ["orgs", "name", .. rest],
        var segments => segments,
    };
}
