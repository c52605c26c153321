using System.Text.RegularExpressions;
using System.Text.Unicode;
using Mill.Core.Language;
using Mill.Core.Language.Syntax;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>A <c>.mill</c> file that a command reads.</summary>
internal static class MillSource
{
    public const string StandardInput = "-";

    // As many bytes as so many characters can be in UTF-8.
    private const int MostBytes = MillFile.MaxLength * 4;

    private const string NameOfInput = "standard input";

    private static readonly string[] UsualNames = ["mill.mill", "mill.conf"];

    /// <summary>The file that somebody named, or the one of the directory: <c>mill.mill</c>, the only <c>*.mill</c>, or <c>mill.conf</c>. Throws <see cref="MillError.Usage"/> where there is none, or there are several.</summary>
    public static string Find(CliHost host, string? named)
    {
        if (named is not null) return named is StandardInput ? named : Path.Combine(host.Directory, named);
        if (File.Exists(Path.Combine(host.Directory, UsualNames[0]))) return Path.Combine(host.Directory, UsualNames[0]);
        var files = Directory.Exists(host.Directory) ? FilesIn(host.Directory) : [];
        if (files is [var only]) return Path.Combine(host.Directory, only);
        if (files.Count > 1) throw new MillException(MillError.Usage, Words.SeveralMillFiles(files)) { Hint = Words.NameMillFileHint };
        var last = Path.Combine(host.Directory, UsualNames[1]);
        return File.Exists(last) ? last : throw new MillException(MillError.Usage, Words.NoMillFile) { Hint = Words.NoMillFileHint };
    }

    /// <summary>Throws <see cref="MillError.Usage"/> where it cannot be read, <see cref="MillError.TooLarge"/>, and <see cref="MillError.InvalidSpec"/> where it is not UTF-8.</summary>
    public static async Task<SourceFile> ReadAsync(CliHost host, string path, CancellationToken cancellationToken)
    {
        var name = path is StandardInput ? NameOfInput : Path.GetRelativePath(host.Directory, path);
        using var bytes = path is StandardInput
            ? await GivenBytes.ReadAsync(host.Terminal.Input, MostBytes, cancellationToken).ConfigureAwait(false)
            : await GivenBytes.ReadFileAsync(path, MostBytes, cancellationToken, () => Meant(host, path)).ConfigureAwait(false);
        if (bytes.WrittenCount > MostBytes) throw new MillException(MillError.TooLarge, Words.MillFileTooLarge(name));
        return Utf8.IsValid(bytes.WrittenSpan) ? new(name, System.Text.Encoding.UTF8.GetString(bytes.WrittenSpan)) : throw new MillException(MillError.InvalidSpec, Words.EnvFileNotUtf8(name));
    }

    /// <summary>What a file says. Mistakes are shown with the lines they stand in, and thrown.</summary>
    public static DeploySpec Parse(SourceFile file)
    {
        try
        {
            return MillFile.Read(file);
        }
        catch (MillException e) when (e.Error is MillError.InvalidSpec)
        {
            throw WithLines(e, file);
        }
    }

    /// <summary>A refusal of secrets that are not there, with the lines that refer to them: the server looks at what a file says, and not at how.</summary>
    public static MillException WithPlaces(MillException failure, SourceFile file)
    {
        var problems = new List<MillProblem>();
        foreach (var problem in failure.Problems)
        {
            var before = problems.Count(other => other.Name == problem.Name);
            var place = problem.Name is { } name ? ReferencesTo(name, file.Text).Select(match => (int?)match.Index).ElementAtOrDefault(before) : null;
            var (line, column) = place is { } index ? file.PlaceOf(index) : default;
            problems.Add(place is null ? problem : problem with { File = file.Name, Line = line, Column = column });
        }
        return WithLines(new(failure.Error, failure.Message, failure) { Hint = failure.Hint, Problems = problems, RequestId = failure.RequestId }, file);
    }

    private static List<string> FilesIn(string directory) => [.. Directory.GetFiles(directory, "*.mill").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>Of the files beside the one that is not there; null where none is like it.</summary>
    private static string? Meant(CliHost host, string path)
    {
        try
        {
            var directory = Path.GetDirectoryName(path)!;
            return Typos.Closest(Path.GetFileName(path), FilesIn(directory)) is { } name ? Path.GetRelativePath(host.Directory, Path.Combine(directory, name)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static MatchCollection ReferencesTo(string name, string text) => Regex.Matches(text, $@"\$\{{\s*secret\(\s*{Regex.Escape(name)}\s*\)\s*\}}", RegexOptions.CultureInvariant);

    /// <summary>A refusal, with each line that it is about under what is said of it.</summary>
    public static MillException WithLines(MillException failure, SourceFile file) => new SourceException(failure, file);
}

/// <summary>A refusal of a file that is at hand.</summary>
internal sealed class SourceException : MillException
{
    private const int MostShown = 160;

    private readonly SourceFile _file;

    public SourceException(MillException failure, SourceFile file)
        : base(failure.Error, failure.Message, failure)
    {
        (_file, Hint, Problems, RequestId) = (file, failure.Hint, failure.Problems, failure.RequestId);
    }

    /// <summary>The line that a problem is about, and a sign below the place; nothing where it is about none.</summary>
    public IEnumerable<string> Lines(MillProblem problem)
    {
        if (problem is not { Line: > 0 and var number, Column: > 0 and var column } || problem.File != _file.Name || number > _file.LineCount) yield break;
        var line = _file.LineAt(number).Replace('\t', ' ');
        // Of a very long line, what is around the place.
        var start = column <= MostShown - 20 ? 0 : column - (MostShown / 2);
        var shown = Printable.From(line[Math.Min(start, line.Length)..Math.Min(line.Length, start + MostShown)]);
        var isWhole = Printable.From(line) == line;
        yield return $"      {shown}";
        // Where characters had to be shown otherwise, nobody knows where the place came to be.
        if (isWhole) yield return $"      {new string(' ', column - 1 - start)}^";
    }
}
