using System.CommandLine;
using System.CommandLine.Parsing;
using Mill.Core.Model;
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

    /// <summary>
    /// The parser takes an option that it does not know for an argument where one may stand. A secret must not get the value <c>--trim-newlin</c>,
    /// so whatever looks like an option has to stand after <c>--</c>. Throws <see cref="MillError.Usage"/>.
    /// </summary>
    public static void RefuseMisspeltOption(ParseResult parsed)
    {
        foreach (var token in parsed.Tokens)
        {
            if (token.Type is TokenType.DoubleDash) return;
            if (token.Type is not TokenType.Argument || !LooksLikeOption(token.Value)) continue;
            var command = parsed.CommandResult.Command;
            throw Unmatched(token.Value, command, HelpWithExamples.PathOf(command));
        }
    }

    private static bool LooksLikeOption(string text) => text is ['-', '-', var first, ..] && char.IsAsciiLetter(first) || text is ['-', var only, ..] && char.IsAsciiLetter(only);

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
            return new(MillError.Usage, token.StartsWith('-') ? "What starts with - is neither an option of this command nor, without -- before it, a value." : "There is more on the command line than a name and a value.")
            {
                Hint = meant is null ? "Quote a value with spaces; put -- before one that starts with -; or pipe it in: mill secret set NAME -" : $"Did you mean {meant}?",
            };
        }
        if (token.EndsWith(".mill", StringComparison.Ordinal) && command.Options.Any(option => option.Name is "--file")) return new(MillError.Usage, $"{path} has no argument '{token}'.") { Hint = $"{path} -f {token}" };
        if (command is RootCommand && InsteadOf(token) is { } instead) return new(MillError.Usage, $"{path} has no command '{token}'.") { Hint = instead };
        var what = token.StartsWith('-') ? "option" : command.Subcommands.Count > 0 ? "command" : "argument";
        return new(MillError.Usage, $"{path} has no {what} '{token}'.") { Hint = meant is null ? $"{path} --help" : $"Did you mean {meant}?" };
    }

    /// <summary>What does here what commands of others do: a file says what runs.</summary>
    private static string? InsteadOf(string command) => command switch
    {
        "up" or "apply" or "start" => "Make what runs as the .mill file says: mill deploy",
        "rm" or "stop" or "down" => "Take the service out of the .mill file, then: mill deploy. To end a task: mill kill ID",
        "scale" => "Write replicas = N in the .mill file, then: mill deploy",
        _ => null,
    };

    private static MillException Invalid(ParseResult parsed, string path)
    {
        var error = parsed.Errors[0];
        var message = error.SymbolResult switch
        {
            ArgumentResult { Tokens.Count: 0, Argument.Name: var name } => $"{path} needs {name}.",
            OptionResult { Implicit: true, Option.Name: var name } => $"{path} needs {name}.",
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
