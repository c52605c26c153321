namespace Mill.Server.Metrics;

/// <summary>Up to three label values, compared by what they say: finds a series without making a string.</summary>
internal readonly record struct TagKey(string? First, string? Second, string? Third)
{
    public static TagKey Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        new(Text(tags, 0), Text(tags, 1), Text(tags, 2));

    /// <summary>Labels as Prometheus writes them, escaped as its text format asks.</summary>
    public static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var parts = new List<string>(tags.Length);
        foreach (var (name, value) in tags) parts.Add($"{MetricName.Clean(name)}=\"{Escape(value?.ToString() ?? "")}\"");
        return string.Join(',', parts);
    }

    private static string? Text(ReadOnlySpan<KeyValuePair<string, object?>> tags, int index) =>
        index >= tags.Length ? null : tags[index].Value as string ?? tags[index].Value?.ToString();

    private static string Escape(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}

/// <summary>Names as Prometheus wants them.</summary>
internal static class MetricName
{
    public static string Clean(string name) => name.Replace('.', '_').Replace('-', '_');
}
