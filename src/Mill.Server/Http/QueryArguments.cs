using System.Globalization;
using Microsoft.AspNetCore.Http;
using Mill.Core.Model;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>The query of a request. An argument that is unknown or stands twice is an error: a misspelt <c>?version=</c> must not read the latest.</summary>
internal readonly struct QueryArguments
{
    private readonly IQueryCollection? _query;

    private QueryArguments(IQueryCollection? query) => _query = query;

    public static QueryArguments Of(HttpContext http, params ReadOnlySpan<string> known)
    {
        if (!http.Request.QueryString.HasValue) return default;
        var query = http.Request.Query;
        foreach (var (name, values) in query)
        {
            if (!known.Contains(name)) throw Invalid($"There is an argument in the query that is not known here. Known are: {string.Join(", ", known.ToArray())}.");
            if (values.Count != 1) throw Invalid($"The argument {name} stands in the query more than once.");
        }
        return new(query);
    }

    public string? Text(string name) => _query is not null && _query.TryGetValue(name, out var values) ? values[0] : null;

    /// <summary>A whole number in a range, or null where it is left out.</summary>
    public int? Number(string name, int least, int most)
    {
        if (Text(name) is not { } text) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Invalid($"The argument {name} takes a whole number from {least} to {most}.");
    }

    public Timestamp? Time(string name)
    {
        if (Text(name) is not { } text) return null;
        return Timestamp.TryParse(text, out var time) ? time : throw new MillException(MillError.InvalidRequest, $"The argument {name} takes a time as in RFC 3339.")
        {
            Hint = "For example 2026-11-20T10:00:00Z. In a URL, a + of an offset is written %2B.",
        };
    }

    public bool Flag(string name) => Text(name) switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw Invalid($"The argument {name} takes true or false."),
    };

    private static MillException Invalid(string detail) => new(MillError.InvalidRequest, detail);
}
