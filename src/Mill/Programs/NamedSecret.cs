using Mill.Commands;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Programs;

/// <summary>One secret and the variable it goes into, as <c>NAME[@VERSION][=VAR]</c>.</summary>
internal sealed record NamedSecret(string Name, int? Version, string Variable)
{
    /// <summary>Throws <see cref="MillError.Usage"/> where it is none, or where no variable is named and the name cannot be one.</summary>
    public static NamedSecret Parse(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var (secret, variable) = equals < 0 ? (text, null) : (text[..equals], text[(equals + 1)..]);
        var at = secret.IndexOf('@', StringComparison.Ordinal);
        var (name, version) = at < 0 ? (secret, (int?)null) : (secret[..at], NumberOption.Parse(secret[(at + 1)..], result: null) ?? throw new MillException(MillError.Usage, Words.NotANumber(secret[(at + 1)..])));
        variable ??= name;
        return IsVariable(variable) ? new(name, version, variable) : throw new MillException(MillError.Usage, Words.NoVariable(variable)) { Hint = Words.NoVariableHint(text) };
    }

    private static bool IsVariable(string text) => text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_');
}
