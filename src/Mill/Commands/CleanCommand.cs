using System.CommandLine;
using Mill.Core.Specs;
using Mill.Hosting;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Node.Agent;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill clean</c>: deletes what a server of this machine has stored, and ends what it runs.</summary>
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
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
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
            var remains = NodeRemains.Find(directory, _global.Host.Time);
            var containers = await CountAsync(remains, cancellationToken).ConfigureAwait(false);
            if (!isJson) List(entries, remains, containers);
            if (!parsed.GetValue(_force))
            {
                if (!_global.Terminal.InputIsTerminal) throw new MillException(MillError.Usage, Words.CleanNeedsForce) { Hint = Words.CleanNeedsForceHint };
                if (!Prompt.Confirm(_global.Terminal, Words.ConfirmClean(directory)))
                {
                    _global.Terminal.Say(Words.NothingDone);
                    return ExitCodes.Interrupted;
                }
            }
            // First what only the data directory knows of.
            if (remains is not null) await EndAsync(remains, containers, cancellationToken).ConfigureAwait(false);
            Delete(directory, entries);
            if (isJson) CliJson.Print(_global.Terminal, new CleanDocument(directory, [.. entries.Select(entry => entry.Name)], containers), CliJsonContext.Default.CleanDocument);
            else _global.Terminal.Say(Words.Cleaned(directory));
        }
        return ExitCodes.Ok;
    }

    private int NothingThere(ParseResult parsed, string directory)
    {
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new CleanDocument(directory, [], null), CliJsonContext.Default.CleanDocument);
        else _global.Terminal.Say(Words.NothingToClean(directory));
        return ExitCodes.Ok;
    }

    /// <summary>Null where that is not to be found out: an engine that is gone for good must keep nobody from deleting the rest.</summary>
    private async Task<int?> CountAsync(NodeRemains? remains, CancellationToken cancellationToken)
    {
        try
        {
            return remains is null ? 0 : await remains.CountAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.EngineUnavailable)
        {
            _global.Terminal.Say(Words.EngineIsAway(remains!.Engine, remains.Filter));
            return null;
        }
    }

    private void List(List<FileSystemInfo> entries, NodeRemains? remains, int? containers)
    {
        foreach (var entry in entries) _global.Terminal.WriteLine(Printable.From($"{ByteSize.Rough(SizeOf(entry)),8}  {entry.FullName}"));
        if (remains?.MemoryDirectory is { } memory) _global.Terminal.WriteLine(Printable.From($"{"memory",8}  {memory}"));
        if (containers > 0) _global.Terminal.WriteLine(Printable.From(Words.ContainersAt(containers.Value, remains!.Engine)));
    }

    private static async Task EndAsync(NodeRemains remains, int? containers, CancellationToken cancellationToken)
    {
        try
        {
            if (containers is null) remains.RemoveFiles();
            else await remains.EndAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.StorageUnavailable, Words.NotCleaned(remains.MemoryDirectory!, e.Message), e);
        }
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
/// <param name="Containers">How many were ended; null where the engine was not asked, or did not answer.</param>
internal sealed record CleanDocument(string DataDir, IReadOnlyList<string> Deleted, int? Containers);
