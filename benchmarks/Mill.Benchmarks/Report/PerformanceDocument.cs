using System.Reflection;

namespace Mill.Benchmarks.Report;

/// <summary>The run as a page: <c>docs/performance.md</c> for a full run, a page beside the data for anything less.</summary>
internal static class PerformanceDocument
{
    private const string Template = "performance.template.md";

    /// <summary>Where it was written.</summary>
    public static string Write(BenchOptions options, string table)
    {
        var path = options.IsFull ? Path.Combine(options.Root, "docs/performance.md") : Path.Combine(options.Directory, "performance.md");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, ReadTemplate()
            .Replace("{machine}", Machine.Describe(options.Directory), StringComparison.Ordinal)
            .Replace("{rounds}", FormattableString.Invariant($"{options.Rounds} rounds of {options.Seconds:0.#} s"), StringComparison.Ordinal)
            .Replace("{table}", table, StringComparison.Ordinal));
        return path;
    }

    private static string ReadTemplate()
    {
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream(Template)!);
        return reader.ReadToEnd();
    }
}
