using System.Text;

namespace Mill.Secrets.Providers.Environments;

/// <summary>Which variables a key may be in.</summary>
internal static class EnvironmentNaming
{
    /// <summary>In the order they are tried.</summary>
    public static IEnumerable<string> NamesOf(string key, EnvironmentNames names)
    {
        // The system's lookup would find another variable, or the second half of one.
        if (key.Length == 0 || key.AsSpan().ContainsAny('=', '\0')) yield break;
        yield return key;
        if (names is EnvironmentNames.Verbatim) yield break;
        var mapped = names.HasFlag(EnvironmentNames.Colons) ? key.Replace(":", "__", StringComparison.Ordinal) : key;
        if (names.HasFlag(EnvironmentNames.UpperSnake)) mapped = ToUpperSnake(mapped);
        if (mapped != key) yield return mapped;
    }

    /// <summary>A key that leads to this variable.</summary>
    public static string KeyOf(string name, EnvironmentNames names) =>
        names.HasFlag(EnvironmentNames.Colons) ? name.Replace("__", ":", StringComparison.Ordinal) : name;

    private static string ToUpperSnake(string key)
    {
        var name = new StringBuilder(key.Length + 4);
        for (var i = 0; i < key.Length; i++)
        {
            if (StartsWord(key, i)) name.Append('_');
            name.Append(char.IsAsciiLetterOrDigit(key[i]) ? char.ToUpperInvariant(key[i]) : '_');
        }
        return name.ToString();
    }

    /// <summary>A name that is upper snake already has no such place, so that it stays as it is.</summary>
    private static bool StartsWord(string key, int i) =>
        i > 0 && char.IsAsciiLetterUpper(key[i])
        && (char.IsAsciiLetterLower(key[i - 1]) || (char.IsAsciiLetterOrDigit(key[i - 1]) && i + 1 < key.Length && char.IsAsciiLetterLower(key[i + 1])));
}
