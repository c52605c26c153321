using System.CommandLine;
using System.CommandLine.Parsing;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>Command lines that cannot be understood. What may be a value is never repeated: this output ends up in the logs of build machines.</summary>
internal static class UsageErrors
{
    public static MillException Exclusive(string one, string other) =>
        new(MillError.Usage, $"{one} and {other} cannot be used together.") { Hint = "Leave one of them out." };

    public static int Report(ParseResult parsed, Terminal terminal, bool json)
    {
        var command = parsed.CommandResult.Command;
        var path = HelpWithExamples.PathOf(command);
        if (command.Subcommands.Count > 0 && parsed.UnmatchedTokens.Count is 0 && IsMissingCommand(parsed, command))
        {
            // Nothing was misspelt: somebody wants to know what there is.
            if (!json) ShowHelp(parsed, path, terminal);
            ErrorReport.Write(terminal, new(MillError.Usage, $"{path} needs a command.") { Hint = $"{path} --help" }, json);
            return ExitCodes.Usage;
        }
        ErrorReport.Write(terminal, parsed.UnmatchedTokens is [var token, ..] ? Unmatched(token, command, path) : Invalid(parsed, path), json);
        return ExitCodes.Usage;
    }

    private static bool IsMissingCommand(ParseResult parsed, Command command)
    {
        foreach (var error in parsed.Errors)
        {
            if (error.SymbolResult is not CommandResult result || result.Command != command) return false;
        }
        return true;
    }

    private static void ShowHelp(ParseResult parsed, string path, Terminal terminal)
    {
        var text = new StringWriter();
        parsed.RootCommandResult.Command.Parse([.. path.Split(' ')[1..], "--help"]).Invoke(new() { Output = text });
        terminal.Say(text.ToString().TrimEnd());
        terminal.Say("");
    }

    private static MillException Unmatched(string token, Command command, string path)
    {
        var meant = Typos.Closest(token, Candidates(command));
        if (command is SecretSetCommand)
        {
            return new(MillError.Usage, "There is more on the command line than a name and a value.")
            {
                Hint = meant is null ? "Quote a value with spaces; put -- before one that starts with -; or pipe it in: mill secret set NAME -" : $"Did you mean {meant}?",
            };
        }
        var what = token.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return new(MillError.Usage, $"{path} has no {what} '{token}'.") { Hint = meant is null ? $"{path} --help" : $"Did you mean {meant}?" };
    }

    private static MillException Invalid(ParseResult parsed, string path)
    {
        var error = parsed.Errors[0];
        var message = error.SymbolResult switch
        {
            ArgumentResult { Tokens.Count: 0, Argument.Name: var name } => $"{path} needs {name}.",
            OptionResult { Tokens.Count: 0, Option.Name: var name } => $"{name} needs a value.",
            _ => error.Message,
        };
        return new(MillError.Usage, message) { Hint = $"{path} --help" };
    }

    private static IEnumerable<string> Candidates(Command command)
    {
        foreach (var subcommand in command.Subcommands) yield return subcommand.Name;
        for (var level = command; level is not null; level = level.Parents.OfType<Command>().FirstOrDefault())
        {
            foreach (var option in level.Options)
            {
                if (level == command || option.Recursive) yield return option.Name;
            }
        }
    }
}
