using System.CommandLine;
using System.IO.Pipelines;
using Mill.Backups;
using Mill.Client;
using Mill.Core.Backups;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill backup</c>: a backup into a file, or to the standard output; checked before it counts as made.</summary>
internal sealed class BackupCommand : Command
{
    private const string StandardOutput = "-";

    private readonly GlobalOptions _global;
    private readonly Argument<string?> _file = new("FILE") { HelpName = "FILE", Description = Words.BackupFileArgument, Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _force = Symbols.Flag("--force", Words.BackupForceOption);

    public BackupCommand(GlobalOptions global)
        : base("backup", Words.Backup)
    {
        _global = global;
        Add(_file);
        Add(_force);
        Add(new BackupVerifyCommand(global));
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_file) is not { Length: > 0 } file) throw new MillException(MillError.Usage, Words.NoBackupFile) { Hint = Words.NoBackupFileHint };
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            return file is StandardOutput
                ? await PrintAsync(parsed, interrupt.Token).ConfigureAwait(false)
                : await WriteAsync(parsed, Path.GetFullPath(file), interrupt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }

    private async Task<int> WriteAsync(ParseResult parsed, string path, CancellationToken cancellationToken)
    {
        var replace = parsed.GetValue(_force);
        BackupFile.Require(path, replace);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var report = await BackupFile.WriteAsync(path, replace, client.BackUpAsync, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, BackupDocument.Of(report, path), CliJsonContext.Default.BackupDocument);
        else _global.Terminal.WriteLine(Words.BackedUp(path, report));
        return BackupVerifyCommand.Warn(_global.Terminal, report);
    }

    private async Task<int> PrintAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        if (_global.Terminal.OutputIsTerminal) throw new MillException(MillError.Usage, Words.BackupOnScreen) { Hint = Words.BackupOnScreenHint };
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var report = await CopyAsync(client, _global.Terminal.Output, cancellationToken).ConfigureAwait(false);
        _global.Terminal.Say(_global.IsJson(parsed) ? CliJson.Text(BackupDocument.Of(report, file: null), CliJsonContext.Default.BackupDocument) : Words.BackedUp(Words.StandardOutput, report));
        return BackupVerifyCommand.Warn(_global.Terminal, report);
    }

    /// <summary>What goes to the output is looked at on its way: nobody can read it again.</summary>
    private static async Task<BackupReport> CopyAsync(MillClient client, Stream output, CancellationToken cancellationToken)
    {
        var pipe = new Pipe();
        var checking = CheckAsync(pipe.Reader, cancellationToken);
        Exception? failure = null;
        try
        {
            await client.BackUpAsync(new Fork(output, pipe.Writer.AsStream(leaveOpen: true)), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
            throw;
        }
        finally
        {
            await pipe.Writer.CompleteAsync(failure).ConfigureAwait(false);
            await ((Task)checking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        return await checking.ConfigureAwait(false);
    }

    private static async Task<BackupReport> CheckAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await BackupFile.CheckAsync(reader.AsStream(leaveOpen: true), Words.StandardOutput, static _ => null, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // Nobody may wait for a reader that is gone.
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }
}
