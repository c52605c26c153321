using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.Requirements;

/// <summary>Finds the secrets that workflows of GitHub Actions use.</summary>
public static class WorkflowScan
{
    /// <summary>Where GitHub looks for workflows; not in directories below it.</summary>
    public const string DefaultDirectory = ".github/workflows";

    /// <summary>
    /// All the workflows of a directory, in the order of their names; null where there is none. A file that cannot be understood is noted.
    /// Throws <see cref="MillError.Usage"/> where the directory cannot be read.
    /// </summary>
    /// <param name="nameOf">How messages call a file, from its path.</param>
    public static async Task<WorkflowFindings?> ReadAsync(string directory, Func<string, string> nameOf, CancellationToken cancellationToken)
    {
        if (FilesIn(directory) is not { } files) return null;
        var (uses, notes) = (new List<SecretUse>(), new List<MillProblem>());
        foreach (var path in files)
        {
            var name = nameOf(path);
            try
            {
                var findings = Of(await SourceText.ReadAsync(path, name, cancellationToken).ConfigureAwait(false));
                uses.AddRange(findings.Uses);
                notes.AddRange(findings.Notes);
            }
            catch (MillException e)
            {
                notes.Add(new(WorkflowNotes.UnreadableWorkflow, e.Message) { File = name, Line = 1, Column = 1 });
            }
        }
        return new(uses, notes);
    }

    /// <summary>One workflow.</summary>
    public static WorkflowFindings Of(string text, string name) => Of(new SourceText(name, text));

    private static WorkflowFindings Of(SourceText source) => new WorkflowReader(source).Read();

    private static List<string>? FilesIn(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory).Where(path => Path.GetExtension(path) is ".yml" or ".yaml").Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, $"{directory} cannot be read: {e.Message}", e);
        }
    }
}
