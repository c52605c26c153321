using System.CommandLine;
using Mill.Core.Specs;
using Mill.Hosting;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill clean</c>: deletes what a server of this machine has stored.</summary>
internal sealed class CleanCommand : Command
{
    // What only a data directory of Mill has in it.
    private static readonly string[] Signs = ["mill.db", DevServer.TokenFile, NodeFile.Name];

    private const string Lock = "lock";

    private readonly GlobalOptions _global;
    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.CleanDirectoryOption);
    private readonly Option<bool> _force = Symbols.Flag("--force", Words.YesOption);

    public CleanCommand(GlobalOptions global)
        : base("clean", Words.Clean)
    {
        _global = global;
        Add(_dataDirectory);
        Add(_force);
        SetAction(Run);
    }

    private int Run(ParseResult parsed)
    {
        var place = DevCommand.Place(parsed, _dataDirectory) ?? Places.DevData(_global.Host) ?? throw new MillException(MillError.Usage, Words.NoHome) { Hint = Words.NoHomeHint(_dataDirectory.Name) };
        var directory = Path.GetFullPath(place);
        if (!Directory.Exists(directory)) return NothingThere(parsed, directory);
        // A mistyped directory must never be anybody's home.
        if (!Signs.Any(sign => File.Exists(Path.Combine(directory, sign)))) throw new MillException(MillError.Usage, Words.NotADataDirectory(directory)) { Hint = Words.NotADataDirectoryHint };
        // Whoever serves has it; and as long as this has it, nobody starts to.
        using (new NodeDirectory(directory).Take())
        {
            var entries = new DirectoryInfo(directory).GetFileSystemInfos().OrderBy(entry => entry.Name, StringComparer.Ordinal).ToList();
            var isJson = _global.IsJson(parsed);
            if (!isJson) foreach (var entry in entries) _global.Terminal.WriteLine(Printable.From($"{ByteSize.Rough(SizeOf(entry)),8}  {entry.FullName}"));
            if (!parsed.GetValue(_force))
            {
                if (!_global.Terminal.InputIsTerminal) throw new MillException(MillError.Usage, Words.CleanNeedsForce) { Hint = Words.CleanNeedsForceHint };
                if (!Prompt.Confirm(_global.Terminal, Words.ConfirmClean(directory)))
                {
                    _global.Terminal.Say(Words.NothingDone);
                    return ExitCodes.Interrupted;
                }
            }
            Delete(directory, entries);
            if (isJson) CliJson.Print(_global.Terminal, new CleanDocument(directory, [.. entries.Select(entry => entry.Name)]), CliJsonContext.Default.CleanDocument);
            else _global.Terminal.Say(Words.Cleaned(directory));
        }
        return ExitCodes.Ok;
    }

    private int NothingThere(ParseResult parsed, string directory)
    {
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new CleanDocument(directory, []), CliJsonContext.Default.CleanDocument);
        else _global.Terminal.Say(Words.NothingToClean(directory));
        return ExitCodes.Ok;
    }

    /// <summary>The lock goes last: until then nobody starts a server in what is half deleted. The directory itself stays: somebody may have made it for us.</summary>
    private static void Delete(string directory, List<FileSystemInfo> entries)
    {
        try
        {
            foreach (var entry in entries.Where(entry => entry.Name is not Lock))
            {
                // What a link points to is not ours.
                if (entry is DirectoryInfo { LinkTarget: null } folder) folder.Delete(recursive: true);
                else entry.Delete();
            }
            File.Delete(Path.Combine(directory, Lock));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.StorageUnavailable, Words.NotCleaned(directory, e.Message), e);
        }
    }

    private static long SizeOf(FileSystemInfo entry) => entry switch
    {
        { LinkTarget: not null } => 0,
        FileInfo file => file.Length,
        DirectoryInfo folder => folder.EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true }).Sum(file => file.Length),
        _ => 0,
    };
}

/// <summary>What <c>mill clean --json</c> prints.</summary>
internal sealed record CleanDocument(string DataDir, IReadOnlyList<string> Deleted);
