using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Mill.Tests.Sync;

/// <summary>Schemas of OpenAPI 3.0, as far as GitHub's description uses them of what is tested here.</summary>
internal static class Schema
{
    /// <summary>Where the value is not as the schema says; nothing where it is.</summary>
    /// <param name="document">What references point into.</param>
    /// <param name="place">What the faults are called.</param>
    public static IEnumerable<string> Faults(JsonObject document, JsonNode reference, JsonNode? value, string place)
    {
        var schema = Resolve(document, reference);
        if (value is null) return IsNullable(reference) || IsNullable(schema) ? [] : [$"{place} is null"];
        if (schema["allOf"] is JsonArray all) return all.SelectMany(part => Faults(document, part!, value, place));
        if ((schema["anyOf"] ?? schema["oneOf"]) is JsonArray any) return any.Any(part => !Faults(document, part!, value, place).Any()) ? [] : [$"{place} is none of {any.Count}"];
        return (string?)schema["type"] switch
        {
            null => [],
            "object" => value is JsonObject members ? OfObject(document, schema, members, place) : [$"{place} is no object"],
            "array" => value is JsonArray items ? items.SelectMany((item, index) => Faults(document, schema["items"]!, item, $"{place}[{index}]")) : [$"{place} is no array"],
            "string" => value.GetValueKind() is JsonValueKind.String ? OfText(schema, value.GetValue<string>(), place) : [$"{place} is no string"],
            "integer" => value is JsonValue number && number.TryGetValue<long>(out _) ? [] : [$"{place} is no integer"],
            "number" => value.GetValueKind() is JsonValueKind.Number ? [] : [$"{place} is no number"],
            "boolean" => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? [] : [$"{place} is no boolean"],
            var type => [$"{place}: {type} is not known"],
        };
    }

    public static JsonNode Resolve(JsonObject document, JsonNode node) =>
        (string?)node["$ref"] is { } pointer ? pointer.Split('/').Skip(1).Aggregate((JsonNode)document, (parent, name) => parent[name] ?? throw new KeyNotFoundException(pointer)) : node;

    private static bool IsNullable(JsonNode schema) => (bool?)schema["nullable"] is true;

    private static IEnumerable<string> OfObject(JsonObject document, JsonNode schema, JsonObject members, string place)
    {
        foreach (var name in (schema["required"] as JsonArray ?? []).Select(name => (string)name!).Where(name => !members.ContainsKey(name))) yield return $"{place}.{name} is missing";
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
        {
            if (!members.TryGetPropertyValue(name, out var member)) continue;
            foreach (var fault in Faults(document, property!, member, $"{place}.{name}")) yield return fault;
        }
    }

    private static IEnumerable<string> OfText(JsonNode schema, string text, string place)
    {
        if (schema["enum"] is JsonArray values && !values.Any(value => (string?)value == text)) yield return $"{place} is {text}";
        if ((string?)schema["pattern"] is { } pattern && !Regex.IsMatch(text, pattern)) yield return $"{place} is {text}";
        var isFormed = (string?)schema["format"] switch
        {
            "date-time" => DateTimeOffset.TryParseExact(text, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out _),
            "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
            _ => true,
        };
        if (!isFormed) yield return $"{place} is {text}";
    }
}
