using System.CommandLine;
using Mill.Backups;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>The options of a server that makes backups by itself. Each may be a variable instead.</summary>
internal sealed class BackupOptions
{
    private const string DirectoryVariable = "MILL_BACKUP_DIR";
    private const string EveryVariable = "MILL_BACKUP_EVERY";
    private const string KeepVariable = "MILL_BACKUP_KEEP";
    private const string DefaultEvery = "24h";
    private const string DefaultKeep = "14";

    private readonly Option<string?> _directory = Symbols.Text("--backup-dir", "DIR", Words.BackupDirectoryOption);
    private readonly DurationOption _every = Symbols.Duration("--backup-every", Words.BackupEveryOption);
    private readonly NumberOption _keep = Symbols.Number("--backup-keep", Words.BackupKeepOption);

    public void AddTo(Command command)
    {
        command.Add(_directory);
        command.Add(_every);
        command.Add(_keep);
    }

    /// <summary>Null where no place is named. Throws <see cref="MillError.Usage"/>.</summary>
    public BackupPlan? Read(ParseResult parsed, CliHost host)
    {
        var directory = DevCommand.Place(parsed, _directory) ?? host.Variable(DirectoryVariable);
        var (every, keep) = (parsed.GetValue(_every), parsed.GetValue(_keep));
        if (directory is null)
        {
            // A variable may stand in an environment that serves several; what is typed here is meant.
            if (every is not null || keep is not null) throw new MillException(MillError.Usage, Words.NeedsBackupDirectory(every is not null ? _every.Name : _keep.Name)) { Hint = "Name one: --backup-dir DIR" };
            return null;
        }
        return new(Path.GetFullPath(directory), Every(every ?? host.Variable(EveryVariable) ?? DefaultEvery), Keep(keep ?? host.Variable(KeepVariable) ?? DefaultKeep));
    }

    private static TimeSpan Every(string text) => DurationOption.Parse(text) ?? throw new MillException(MillError.Usage, Words.NotADuration(text)) { Hint = $"Check --backup-every and {EveryVariable}." };

    private static int Keep(string text) => NumberOption.Parse(text, result: null) ?? throw new MillException(MillError.Usage, Words.NotANumber(text)) { Hint = $"Check --backup-keep and {KeepVariable}." };
}
