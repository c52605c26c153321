using System.Text;

namespace Mill.Sync.Requirements;

/// <summary>Reads one value out of a configuration file of git (https://git-scm.com/docs/git-config#_configuration_file).</summary>
internal static class GitConfig
{
    /// <summary>The first address of a remote; null where it has none.</summary>
    public static string? RemoteUrl(string text, string remote)
    {
        var isIn = false;
        foreach (var line in LinesOf(text))
        {
            var rest = line.TrimStart();
            if (rest.StartsWith('[')) isIn = IsHeading(rest, remote, out rest);
            if (isIn && ValueOf(rest, "url") is { Length: > 0 } url) return url;
        }
        return null;
    }

    /// <summary>A backslash at the end of a line joins it with the next one.</summary>
    private static IEnumerable<string> LinesOf(string text)
    {
        var whole = new StringBuilder();
        foreach (var line in text.Split('\n'))
        {
            var part = line.TrimEnd('\r');
            whole.Append(part);
            if (part.EndsWith('\\') && !part.EndsWith("\\\\", StringComparison.Ordinal))
            {
                whole.Length--;
                continue;
            }
            yield return whole.ToString();
            whole.Clear();
        }
        if (whole.Length > 0) yield return whole.ToString();
    }

    /// <param name="rest">What stands behind the heading in its line.</param>
    private static bool IsHeading(string line, string remote, out string rest)
    {
        rest = "";
        var quote = line.IndexOf('"', StringComparison.Ordinal);
        var bracket = line.IndexOf(']', StringComparison.Ordinal);
        if (quote < 0 || bracket < quote)
        {
            if (bracket < 0) return false;
            rest = line[(bracket + 1)..];
            // An old way to write it.
            return line[1..bracket].Trim().Equals($"remote.{remote}", StringComparison.OrdinalIgnoreCase);
        }
        var name = Quoted(line, quote + 1, out var end);
        bracket = line.IndexOf(']', end);
        if (bracket < 0) return false;
        rest = line[(bracket + 1)..];
        return name == remote && line[1..quote].Trim().Equals("remote", StringComparison.OrdinalIgnoreCase);
    }

    private static string Quoted(string line, int at, out int end)
    {
        var text = new StringBuilder();
        for (end = at; end < line.Length && line[end] is not '"'; end++)
        {
            if (line[end] is '\\' && end + 1 < line.Length) end++;
            text.Append(line[end]);
        }
        end = Math.Min(end, line.Length);
        return text.ToString();
    }

    /// <summary>Null where the line is about something else.</summary>
    private static string? ValueOf(string line, string key)
    {
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        if (equals < 0 || !line[..equals].Trim().Equals(key, StringComparison.OrdinalIgnoreCase)) return null;
        var text = new StringBuilder();
        var (isQuoted, kept) = (false, 0);
        for (var i = equals + 1; i < line.Length; i++)
        {
            var character = line[i];
            if (character is '"') isQuoted = !isQuoted;
            else if (!isQuoted && character is '#' or ';') break;
            else if (text.Length > 0 || isQuoted || !char.IsWhiteSpace(character))
            {
                text.Append(character is '\\' && i + 1 < line.Length ? Escaped(line[++i]) : character);
            }
            // Space at the end counts in quotes only.
            if (isQuoted || !char.IsWhiteSpace(character)) kept = text.Length;
        }
        return text.ToString(0, kept);
    }

    private static char Escaped(char kind) => kind switch
    {
        'n' => '\n',
        't' => '\t',
        'b' => '\b',
        _ => kind,
    };
}
