using System.Globalization;
using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>Lists in pages (https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api).</summary>
internal static class Listing
{
    private const int UsualPage = 30;
    private const int LongestPage = 100;

    /// <param name="most">How many a search ever shows; null for all.</param>
    public static Answer Of<T>(Call call, string member, IReadOnlyCollection<T> all, Func<T, JsonObject> show, int? most = null)
    {
        var size = Math.Clamp(Number(call, "per_page") ?? UsualPage, 1, LongestPage);
        var last = Math.Max(1, (Math.Min(all.Count, most ?? all.Count) + size - 1) / size);
        var page = Math.Max(1, Number(call, "page") ?? 1);
        var shown = all.Take(most ?? all.Count).Skip((page - 1) * size).Take(size).Select(item => (JsonNode)show(item)).ToArray();
        var answer = Answer.Ok(new JsonObject { ["total_count"] = all.Count, [member] = new JsonArray(shown) });
        return last == 1 ? answer : answer with { Headers = [("Link", string.Join(", ", Links(call, page, last).Select(link => $"<{link.Address}>; rel=\"{link.Rel}\"")))] };
    }

    /// <summary>The same query at another path.</summary>
    public static string Address(Call call, string path, int? page = null)
    {
        var query = call.Query.SelectMany(item => item.Value, (item, value) => (item.Key, Value: value ?? "")).Where(item => page is null || item.Key is not "page")
            .Concat(page is { } number ? [("page", number.ToString(CultureInfo.InvariantCulture))] : []);
        var text = string.Join('&', query.Select(item => $"{Uri.EscapeDataString(item.Key)}={Uri.EscapeDataString(item.Item2)}"));
        return $"{call.BaseAddress}{path}{(text.Length == 0 ? "" : $"?{text}")}";
    }

    private static IEnumerable<(string Rel, string Address)> Links(Call call, int page, int last)
    {
        var path = call.LastingPath ?? "/" + string.Join('/', call.Segments.Select(Uri.EscapeDataString));
        if (page > 1) yield return ("prev", Address(call, path, Math.Min(page - 1, last)));
        if (page < last) yield return ("next", Address(call, path, page + 1));
        if (page < last) yield return ("last", Address(call, path, last));
        if (page > 1) yield return ("first", Address(call, path, 1));
    }

    private static int? Number(Call call, string name) => int.TryParse(call.Asked(name), CultureInfo.InvariantCulture, out var number) ? number : null;
}
