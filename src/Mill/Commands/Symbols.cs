using System.CommandLine;
using System.CommandLine.Parsing;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>Arguments and options that several commands share, with errors in Mill's own words.</summary>
internal static class Symbols
{
    public static Argument<string> SecretName(GlobalOptions global)
    {
        // Without a name of its own, the help asks the completion what to show: it would call the server and print what is there.
        var name = new Argument<string>("NAME") { HelpName = "NAME", Description = Words.NameArgument };
        name.CompletionSources.Add(context => SecretNameCompletion.Find(global, context));
        return name;
    }

    public static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    /// <summary>As often as somebody likes.</summary>
    public static Option<string[]> Texts(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>A number from 1.</summary>
    public static NumberOption Number(string name, string description) => new(name, description);

    /// <summary>Numbers from 1.</summary>
    public static Option<int[]> Numbers(string name, string description) => new(name)
    {
        HelpName = "N",
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result => [.. result.Tokens.Select(token => NumberOption.Parse(token.Value, result) ?? 0)],
    };

    /// <summary>A time with its zone, or <c>now</c>.</summary>
    public static TimeOption Time(string name, string description) => new(name, description);

    /// <summary>A length of time such as 12h.</summary>
    public static DurationOption Duration(string name, string description) => new(name, description);

    /// <summary>One of some words, which are also offered for completion.</summary>
    public static Option<string?> Choice(string name, string helpName, string description, string[] words)
    {
        var option = Text(name, helpName, description);
        option.CompletionSources.Add(words);
        option.Validators.Add(result => Refuse(result, words));
        return option;
    }

    public static Argument<string> Choice(string name, string description, string[] words)
    {
        var argument = new Argument<string>(name) { HelpName = name, Description = description };
        argument.CompletionSources.Add(words);
        argument.Validators.Add(result => Refuse(result, words));
        return argument;
    }

    /// <summary>How many arguments stand after the two dashes: those are of a program, and none of ours.</summary>
    public static int AfterDashes(ParseResult parsed) => parsed.Tokens.SkipWhile(token => token.Type is not TokenType.DoubleDash).Count(token => token.Type is TokenType.Argument);

    private static void Refuse(SymbolResult result, string[] words)
    {
        foreach (var token in result.Tokens)
        {
            if (!words.Contains(token.Value)) result.AddError(Words.NotAChoice(token.Value, words));
        }
    }
}
