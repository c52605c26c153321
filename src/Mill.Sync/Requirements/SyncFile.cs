using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary><c>mill-sync.yaml</c>, as docs/sync.md says it.</summary>
/// <param name="RequiredAt">Where each name of <see cref="SyncDocument.Required"/> is written.</param>
public sealed record SyncFile(SyncDocument Document, IReadOnlyDictionary<string, SourcePlace> RequiredAt)
{
    public const string DefaultName = "mill-sync.yaml";

    /// <summary>
    /// Throws <see cref="MillError.Usage"/> where the file cannot be read, <see cref="MillError.TooLarge"/> over 1 MiB, and <see cref="MillError.Configuration"/> with everything that is wrong in it.
    /// </summary>
    /// <param name="name">How messages call it.</param>
    public static async Task<SyncFile> ReadAsync(string path, string name, CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) throw new MillException(MillError.Usage, $"There is no {name}.") { Hint = "It says who is to have what (targets:), and what a build needs (require:). Write one, or name another with --file." };
        return Parse(await SourceText.ReadAsync(path, name, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>As <see cref="ReadAsync"/>, of a text.</summary>
    public static SyncFile Parse(string text, string name) => Parse(new SourceText(name, text));

    private static SyncFile Parse(SourceText source)
    {
        var problems = new List<MillProblem>();
        var root = YamlReader.Read(source, takesAliases: false, problems);
        var file = new SyncFileReader(source, problems).Read(root);
        if (problems.Count is 0) return file;
        problems.Sort(static (one, other) => (one.Line, one.Column).CompareTo((other.Line, other.Column)));
        throw new MillException(MillError.Configuration, $"{source.File} has {(problems.Count is 1 ? "a problem" : $"{problems.Count} problems")}.") { Problems = problems };
    }
}
