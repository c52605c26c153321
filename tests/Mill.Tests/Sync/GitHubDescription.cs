using System.Globalization;
using System.Text.Json.Nodes;

namespace Mill.Tests.Sync;

/// <summary>
/// What GitHub's published description says: <c>github-openapi.json</c>, which says where it is from. That has all that the fake has; where the environment variable <c>GITHUB_DESCRIPTION</c> names the whole file,
/// as it is in https://github.com/github/rest-api-description, its operations are held against that one.
/// </summary>
internal static class GitHubDescription
{
    public const string Variable = "GITHUB_DESCRIPTION";

    private static readonly JsonObject Cut = Parse(File);
    private static readonly JsonObject Document = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } whole ? Parse(whole) : Cut;

    public static string File => Path.Combine(Repository.Root, "tests", "Mill.Tests", "Sync", "github-openapi.json");

    /// <summary>Each operation, with each of its codes of success.</summary>
    public static IEnumerable<(string Method, string Path, int Status)> Successes =>
        from path in Cut["paths"]!.AsObject()
        from operation in path.Value!.AsObject()
        from response in Operation(operation.Key, path.Key)?["responses"]?.AsObject() ?? []
        where response.Key.StartsWith('2')
        select (operation.Key.ToUpperInvariant(), path.Key, int.Parse(response.Key, CultureInfo.InvariantCulture));

    /// <summary>The path in the description; null where there is none.</summary>
    public static string? Template(string target)
    {
        var segments = Segments(target);
        return Cut["paths"]!.AsObject().Select(path => path.Key).Where(template => Fits(Segments(template), segments)).MinBy(template => template.Count(c => c is '{'));
    }

    /// <summary>Where what was asked, and was done, is not as it is described; nothing where it is.</summary>
    /// <param name="body">Null for none, or for one that nobody kept.</param>
    public static IReadOnlyList<string> RequestFaults(string method, string target, JsonNode? body)
    {
        if (Template(target) is not { } template || Operation(method, template) is not { } operation) return [$"{method} {target} is not described"];
        var known = (operation["parameters"] as JsonArray ?? []).Select(parameter => (string?)Schema.Resolve(Document, parameter!)["name"]).ToHashSet();
        var unknown = target.Split('?').Skip(1).SelectMany(query => query.Split('&')).Select(part => part.Split('=')[0]).Where(name => !known.Contains(name)).Select(name => $"{method} {template} knows no {name}");
        return [.. unknown, .. body is not null && operation["requestBody"]?["content"]?["application/json"]?["schema"] is { } schema ? Schema.Faults(Document, schema, body, $"{method} {template} body") : []];
    }

    /// <summary>Where the answer is not as it is described; nothing where it is. Of errors few are: the others have at least what all of GitHub's have.</summary>
    public static IReadOnlyList<string> Faults(string method, string target, GitHubReply reply)
    {
        if (Template(target) is not { } template || Operation(method, template) is not { } operation) return reply.Status == 404 ? [] : [$"{method} {target} is not described"];
        if (reply.Status == 304) return [];
        var (response, place) = (operation["responses"]![$"{reply.Status}"], $"{method} {template} {reply.Status}");
        if (response is null && reply.Status < 300) return [$"{method} {template} is never answered with {reply.Status}"];
        var schema = response is null ? null : Schema.Resolve(Document, response)["content"]?["application/json"]?["schema"];
        if (schema is null && reply.Status < 300) return reply.Body is null ? [] : [$"{place} has a body"];
        if (reply.Header("Content-Type") is not "application/json; charset=utf-8") return [$"{place} is not JSON"];
        return [.. schema is null ? Schema.Faults(Cut, Cut["components"]!["schemas"]!["basic-error"]!, reply.Body, place) : Schema.Faults(Document, schema, reply.Body, place)];
    }

    private static JsonObject Parse(string file) => JsonNode.Parse(System.IO.File.ReadAllText(file))!.AsObject();

    private static JsonNode? Operation(string method, string template) => Document["paths"]![template]?[method.ToLowerInvariant()];

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
