using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Mill.Core.Model;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

// All are options of a text, which is read when the command runs: an option of each type of its own
// makes the parser's generic code be compiled anew for it, in every process.

/// <summary>A number from 1.</summary>
internal sealed class NumberOption : Option<string?>
{
    public NumberOption(string name, string description)
        : base(name)
    {
        HelpName = "N";
        Description = description;
        Validators.Add(static result => Parse(result.Tokens is [var token, ..] ? token.Value : "", result));
    }

    public int? Read(ParseResult parsed) => parsed.GetValue(this) is { } text ? Parse(text, result: null) : null;

    public static int? Parse(string text, SymbolResult? result)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0) return number;
        result?.AddError(Words.NotANumber(text));
        return null;
    }
}

/// <summary>A length of time: a whole number and s, m, h or d, up to ten years.</summary>
internal sealed class DurationOption : Option<string?>
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    public DurationOption(string name, string description)
        : base(name)
    {
        HelpName = "TIME";
        Description = description;
        Validators.Add(static result =>
        {
            if (result.Tokens is [var token, ..] && Parse(token.Value) is null) result.AddError(Words.NotADuration(token.Value));
        });
    }

    public static TimeSpan? Parse(string text) =>
        text is [.. { Length: <= 10 } digits, var unit] && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && UnitOf(unit) is { } length
            && number > 0 && number <= Longest / length
            ? number * length
            : null;

    private static TimeSpan? UnitOf(char unit) => unit switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}

/// <summary>A size on disk: a whole number and M or G, each 1024 times the one below.</summary>
internal sealed class SizeOption : Option<string?>
{
    private readonly (long Least, long Most) _bounds;
    private readonly Func<string, string> _refusal;

    /// <param name="least">In bytes, as <paramref name="most"/>.</param>
    /// <param name="refusal">What is said of a text that is none, or not within these.</param>
    public SizeOption(string name, string description, long least, long most, Func<string, string> refusal)
        : base(name)
    {
        (_bounds, _refusal) = ((least, most), refusal);
        HelpName = "SIZE";
        Description = description;
        Validators.Add(result =>
        {
            if (result.Tokens is [var token, ..] && Within(token.Value) is null) result.AddError(refusal(token.Value));
        });
    }

    public long? Read(ParseResult parsed) => parsed.GetValue(this) is { } text ? Parse(text) : null;

    /// <summary>The same where it stands in a variable. Throws <see cref="MillError.Usage"/>.</summary>
    public long Demand(string text, string variable) => Within(text) ?? throw new MillException(MillError.Usage, _refusal(text)) { Hint = $"Check {Name} and {variable}." };

    private long? Within(string text) => Parse(text) is { } size && size >= _bounds.Least && size <= _bounds.Most ? size : null;

    private static long? Parse(string text) =>
        text is [.. { Length: <= 10 } digits, var unit] && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? unit switch
            {
                'M' => number << 20,
                'G' => number << 30,
                _ => null,
            }
            : null;
}

/// <summary>A time as RFC 3339 writes it, zone included, or <c>now</c>.</summary>
internal sealed class TimeOption : Option<string?>
{
    private const string Now = "now";

    public TimeOption(string name, string description)
        : base(name)
    {
        HelpName = "TIME";
        Description = description;
        Validators.Add(static result =>
        {
            if (result.Tokens is [var token, ..] && token.Value is not Now && Parse(token.Value) is null) result.AddError(Words.NotATime(token.Value));
        });
    }

    public DateTimeOffset? Read(ParseResult parsed, TimeProvider time) => parsed.GetValue(this) switch
    {
        null => null,
        Now => time.GetUtcNow(),
        var text => Parse(text),
    };

    private static DateTimeOffset? Parse(string text) => Timestamp.TryParse(text, out var time) ? time.ToDateTimeOffset() : null;
}
