using System.CommandLine;
using Mill.Backups;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Vault;

namespace Mill.Commands;

/// <summary><c>mill backup verify</c>: asks no server.</summary>
internal sealed class BackupVerifyCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _file = new("FILE") { HelpName = "FILE", Description = Words.BackupToVerifyArgument };
    private readonly Option<string?> _masterKeyFile = Symbols.Text("--master-key-file", "FILE", Words.BackupKeyOption);

    public BackupVerifyCommand(GlobalOptions global)
        : base("verify", Words.BackupVerify)
    {
        _global = global;
        Add(_file);
        Add(_masterKeyFile);
        SetAction(RunAsync);
    }

    /// <summary>Says what does not fit together, on the error stream. Returns the exit code.</summary>
    public static int Warn(Terminal terminal, BackupReport report)
    {
        if (report.IsSound) return ExitCodes.Ok;
        terminal.Say(Words.BackupUnsound);
        foreach (var problem in report.Problems) terminal.Say($"  - {Printable.From(problem)}");
        return ExitCodes.Damaged;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(parsed.GetRequiredValue(_file));
        var key = KeyFor(parsed);
        var report = await BackupFile.CheckAsync(path, header => Opening(key, header), cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            CliJson.Print(_global.Terminal, BackupDocument.Of(report, path), CliJsonContext.Default.BackupDocument);
            return report.IsSound ? ExitCodes.Ok : ExitCodes.Damaged;
        }
        _global.Terminal.WriteLine(Words.BackupVerified(report));
        if (key is null) _global.Terminal.Say(Words.BackupNotOpened(report.Header.KeyId));
        return Warn(_global.Terminal, report);
    }

    /// <summary>As <c>mill dev</c> finds it, but for the usual place: what lies there may be the key of another cluster.</summary>
    private VaultOptions? KeyFor(ParseResult parsed)
    {
        if (parsed.GetValue(_masterKeyFile) is { Length: > 0 } named) return new(null, Path.GetFullPath(named));
        if (_global.Host.Variable(DevCommand.MasterKeyVariable) is { } key) return new(key, null);
        return _global.Host.Variable(DevCommand.MasterKeyFileVariable) is { } file ? new(null, Path.GetFullPath(file)) : null;
    }

    private static Action<SecretVersion>? Opening(VaultOptions? key, BackupHeader header) =>
        key is null ? null : RecordOpening.With(key, header.ClusterId, header.KeyId).Try;
}
