namespace Mill.Interaction;

/// <summary>One word as a POSIX shell reads it back.</summary>
internal static class ShellWord
{
    public static string From(string text) => text.Length > 0 && text.All(IsPlain) ? text : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static bool IsPlain(char character) => char.IsAsciiLetterOrDigit(character) || character is '/' or '.' or '_' or '-' or ':' or '@' or '%' or '+' or ',';
}
