using System.CommandLine;
using Mill.Client;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill exec</c>: a program in a container that runs.</summary>
internal sealed class ExecCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _name;
    private readonly Argument<string[]> _command = new("CMD") { HelpName = "-- CMD ARGS", Description = Words.ExecCommandArgument, Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<bool> _noTerminal = new("--no-tty", "-T") { Description = Words.NoTtyOption };

    public ExecCommand(GlobalOptions global)
        : base("exec", Words.Exec)
    {
        _global = global;
        _name = FleetSymbols.Running(global, Words.ExecArgument);
        Add(_name);
        Add(_command);
        Add(_noTerminal);
        SetAction(RunAsync);
    }

    /// <summary>The exit code is that of the program, once it runs.</summary>
    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (name, command) = (parsed.GetValue(_name), parsed.GetValue(_command) ?? []);
        if (name is null || command.Length is 0 || Symbols.AfterDashes(parsed) != command.Length) throw new MillException(MillError.Usage, Words.ExecWhat) { Hint = Words.ExecWhatHint };
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var terminal = _global.Terminal;
        var streams = new ProgramStreams(terminal.Input, terminal.Output, terminal.Error);
        if (parsed.GetValue(_noTerminal) || !terminal.InputIsTerminal || !terminal.OutputIsTerminal) return await client.ExecAsync(name, command, streams, cancellationToken).ConfigureAwait(false);
        using var raw = RawTerminal.Take();
        try
        {
            return await client.ExecAsync(name, command, streams with { Sizes = raw.SizesAsync(cancellationToken) }, raw.Ended).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (raw.Ended.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }
}
