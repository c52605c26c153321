using System.Text.RegularExpressions;

namespace Mill.Tests.Secrets.DotEnv;

/// <summary>
/// The reader that everybody else follows: <c>parse</c> of the dotenv package for Node, version 16 (https://github.com/motdotla/dotenv/blob/v16.4.5/lib/main.js), written down
/// with the expressions of .NET. Its <c>\s</c>, <c>.</c>, <c>^</c> and <c>$</c> are JavaScript's.
/// </summary>
internal static class DotEnvPackage
{
    private const string Blank = @"[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]";

    private const string Begin = @"(?<=\A|[\n\r\u2028\u2029])";
    private const string End = @"(?=\z|[\n\r\u2028\u2029])";

    private static readonly Regex Line = new(
        Begin + """\s*(?:export\s+)?([A-Za-z0-9_.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#[^\n\r\u2028\u2029]*)?""".Replace(@"\s", Blank, StringComparison.Ordinal) + End);

    private static readonly Regex Quotes = new(Begin + """(['"`])([\s\S]*)\1""" + End);

    private static readonly Regex Around = new($@"\A{Blank}+|{Blank}+\z");

    public static IReadOnlyList<(string Key, string Value)> Parse(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return [.. Line.Matches(lines).Select(match => (match.Groups[1].Value, Value(match.Groups[2].Value)))];
    }

    private static string Value(string matched)
    {
        var value = Around.Replace(matched, "");
        var unquoted = Quotes.Replace(value, "$2");
        return value.StartsWith('"') ? unquoted.Replace(@"\n", "\n", StringComparison.Ordinal).Replace(@"\r", "\r", StringComparison.Ordinal) : unquoted;
    }
}
