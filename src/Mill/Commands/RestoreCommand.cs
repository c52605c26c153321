using System.CommandLine;
using Mill.Backups;
using Mill.Core.Backups;
using Mill.Hosting;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;
using Mill.State.Restores;

namespace Mill.Commands;

/// <summary><c>mill restore</c>: a backup into an empty data directory, without a server. The backup is looked at from end to end before anything is written.</summary>
internal sealed class RestoreCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _file = new("FILE") { HelpName = "FILE", Description = Words.BackupToRestoreArgument };
    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.RestoreDirectoryOption);

    public RestoreCommand(GlobalOptions global)
        : base("restore", Words.Restore)
    {
        _global = global;
        Add(_file);
        Add(_dataDirectory);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(parsed.GetRequiredValue(_file));
        var named = DevCommand.Place(parsed, _dataDirectory) ?? Places.DevData(_global.Host);
        var directory = Path.GetFullPath(named ?? throw new MillException(MillError.Usage, Words.NoHome) { Hint = Words.NoHomeHint("--data-dir") });
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            var report = await RunAsync(path, directory, interrupt.Token).ConfigureAwait(false);
            if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, BackupDocument.Of(report, path, directory), CliJsonContext.Default.BackupDocument);
            else _global.Terminal.WriteLine(Words.Restored(report, directory));
            _global.Terminal.Say(Words.RestoredHint(report.Header.KeyId, directory));
            return ExitCodes.Ok;
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            _global.Terminal.Say(Words.RestoreInterrupted);
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<BackupReport> RunAsync(string path, string directory, CancellationToken cancellationToken)
    {
        SystemLibraries.Demand();
        RestoreDirectory.RequireFree(directory);
        using var file = BackupFile.Open(path);
        var report = await BackupFile.CheckAsync(file, path, static _ => null, cancellationToken).ConfigureAwait(false);
        if (!report.IsSound)
        {
            throw new MillException(MillError.BackupRejected, Words.BackupDoesNotFit(path, report.Problems[0])) { Hint = Words.BackupDoesNotFitHint };
        }
        var store = await RestoreDirectory.OpenAsync(directory, report.Header.Revision, cancellationToken).ConfigureAwait(false);
        await using var _ = store.ConfigureAwait(false);
        file.Position = 0;
        using var backup = await BackupReader.OpenAsync(file, path, cancellationToken).ConfigureAwait(false);
        await StoreRestore.RunAsync(store, backup, cancellationToken).ConfigureAwait(false);
        return report;
    }
}
