using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>Arguments and options that several commands share, with errors in Mill's own words.</summary>
internal static class Symbols
{
    public static Argument<string> SecretName(GlobalOptions global)
    {
        var name = new Argument<string>("NAME") { Description = Words.NameArgument };
        name.CompletionSources.Add(context => SecretNameCompletion.Find(global, context));
        return name;
    }

    public static Option<string?> Text(string name, string helpName, string description) => new(name) { HelpName = helpName, Description = description };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>A number from 1.</summary>
    public static Option<int?> Number(string name, string description) => new(name)
    {
        HelpName = "N",
        Description = description,
        CustomParser = static result => Parse(result, result.Tokens[0].Value),
    };

    public static Option<int[]> Numbers(string name, string description) => new(name)
    {
        HelpName = "N",
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = static result => [.. result.Tokens.Select(token => Parse(result, token.Value) ?? 0)],
    };

    /// <summary>A time with its zone, or in UTC.</summary>
    public static Option<DateTimeOffset?> Time(string name, string description) => new(name)
    {
        HelpName = "TIME",
        Description = description,
        CustomParser = static result =>
        {
            const DateTimeStyles InUtc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
            if (DateTimeOffset.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, InUtc, out var time)) return time;
            result.AddError(Words.NotATime(result.Tokens[0].Value));
            return null;
        },
    };

    private static int? Parse(ArgumentResult result, string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0) return number;
        result.AddError(Words.NotANumber(text));
        return null;
    }
}
