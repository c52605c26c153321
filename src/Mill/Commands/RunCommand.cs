using System.CommandLine;
using Mill.Client;
using Mill.Interaction;
using Mill.Programs;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Commands;

/// <summary><c>mill run</c>: a program with its secrets in place.</summary>
internal sealed class RunCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string[]> _files = Symbols.Texts("--env-file", "FILE", Words.RunEnvFileOption);
    private readonly Option<string[]> _secrets = Symbols.Texts("--secret", "NAME[=VAR]", Words.RunSecretOption);
    private readonly Option<bool> _watch = Symbols.Flag("--watch", Words.RunWatchOption);
    private readonly Option<bool> _redact = Symbols.Flag("--redact", Words.RunRedactOption);
    private readonly Argument<string[]> _command = new("CMD") { HelpName = "-- CMD ARGS", Description = Words.RunCommandArgument, Arity = ArgumentArity.ZeroOrMore };

    public RunCommand(GlobalOptions global)
        : base("run", Words.Run)
    {
        _global = global;
        Add(_files);
        Add(_secrets);
        Add(_watch);
        Add(_redact);
        Add(_command);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var command = Command(parsed);
        var (files, named) = (parsed.GetValue(_files) ?? [], (parsed.GetValue(_secrets) ?? []).Select(NamedSecret.Parse).ToList());
        if (files.Length == 0 && named.Count == 0) throw new MillException(MillError.Usage, Words.NothingToInject) { Hint = Words.NothingToInjectHint };
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        using var secrets = await ProgramSecrets.OpenAsync(client, _global.Terminal, files, named, cancellationToken).ConfigureAwait(false);
        var (watch, redact) = (parsed.GetValue(_watch), parsed.GetValue(_redact));
        if (watch || redact) return await SuperviseAsync(client, secrets, command, watch, redact, cancellationToken).ConfigureAwait(false);
        using var fetched = await secrets.FetchAsync(cancellationToken).ConfigureAwait(false);
        throw ProgramReplacement.Run(command, fetched.Variables);
    }

    private async Task<int> SuperviseAsync(MillClient client, ProgramSecrets secrets, string[] command, bool watch, bool redact, CancellationToken cancellationToken)
    {
        using var values = new RedactionSet();
        using var program = new SupervisedProgram(client, secrets, command, redact ? new(_global.Terminal, values) : null, _global.Terminal, _global.Host.Time);
        return await program.RunAsync(watch, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What stands after the two dashes, and only that: an option of the program is none of ours.</summary>
    private string[] Command(ParseResult parsed)
    {
        var command = parsed.GetValue(_command) ?? [];
        // What was no text came here changed already, and would name another file.
        if (command.Any(argument => argument.Contains('\ufffd', StringComparison.Ordinal))) throw new MillException(MillError.Usage, Words.ArgumentNotText);
        return command.Length > 0 && Symbols.AfterDashes(parsed) == command.Length ? command : throw new MillException(MillError.Usage, Words.NoProgram) { Hint = Words.NoProgramHint };
    }
}
