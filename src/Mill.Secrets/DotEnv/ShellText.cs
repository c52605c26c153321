using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace Mill.Secrets.DotEnv;

/// <summary>Just as much of the shell's grammar (POSIX.1-2017, Shell Command Language, 2.2 and 2.3) as tells whether what follows some lines is read by itself.</summary>
internal static class ShellText
{
    /// <summary>bash or dash refuse to set them, or give them other values.</summary>
    private static readonly FrozenSet<string> OwnVariables = new[]
    {
        "UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO", "BASHPID", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "OPTIND", "GROUPS", "FUNCNAME", "DIRSTACK", "_", "IFS", "PS4", "BASH_ENV", "ENV",
        "BASH_CMDS", "BASH_ALIASES", "BASH_ARGC", "BASH_ARGV", "BASH_ARGV0", "BASH_LINENO", "BASH_SOURCE", "BASH_SUBSHELL", "BASH_COMMAND", "EPOCHSECONDS", "EPOCHREALTIME", "HISTCMD", "COMP_WORDBREAKS",
    }.ToFrozenSet();

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    /// <summary>Whether the name of a variable in a file is one for a shell, too.</summary>
    public static bool IsName(ReadOnlySpan<byte> key) => !char.IsAsciiDigit((char)key[0]) && !key.ContainsAny((byte)'.', (byte)'-');

    public static bool IsOwnVariable(ReadOnlySpan<byte> key) => OwnVariables.Contains(Encoding.ASCII.GetString(key));

    /// <summary>
    /// What is wrong with these lines for a value that follows them; or, at the end of a file (<paramref name="isEnd"/>), for those before them. None where after them nothing is open, no quote, no line that goes on, no
    /// substitution, and where variables stand in the values of variables only: as any other word their values could be run. What could open more than a quote counts as open: better to refuse a file than to
    /// let a value be run.
    /// </summary>
    public static ShellFault FindFault(ReadOnlySpan<byte> lines, bool isEnd)
    {
        var (isLineStart, isWordStart, isValue) = (true, true, false);
        for (var place = 0; place < lines.Length; place++)
        {
            if (isLineStart && LengthOfAssignment(lines[place..]) is > 0 and var assignment)
            {
                place += assignment - 1;
                (isLineStart, isWordStart, isValue) = (false, false, true);
                continue;
            }
            var wasEscape = lines[place] is (byte)'\\';
            switch (lines[place])
            {
                case (byte)'$' when !isValue && HasVariable(lines[place..][..Math.Min(2, lines.Length - place)]):
                    return ShellFault.Variable;
                case (byte)'$' when LengthOfVariable(lines[place..]) is > 0 and var length:
                    place += length - 1;
                    break;
                case (byte)'#' when isWordStart:
                    var comment = lines[place..].IndexOfAny((byte)'\n', (byte)'\r');
                    if (comment < 0) return ShellFault.None;
                    place += comment;
                    break;
                case (byte)'\'':
                    var quoted = lines[(place + 1)..].IndexOf((byte)'\'');
                    if (quoted < 0) return Open(lines[place..], isEnd);
                    place += quoted + 1;
                    break;
                case (byte)'"':
                    if (EndOfDoubleQuotes(lines, place + 1, isEnd) is not { } end) return Open(lines[place..], isEnd);
                    if (!isValue && HasVariable(lines[place..end])) return ShellFault.Variable;
                    place = end;
                    break;
                case (byte)'\\' when place + 1 == lines.Length || DotEnvBlanks.IsLineEnd(lines[place + 1]):
                case (byte)'$' when place + 1 < lines.Length && lines[place + 1] is (byte)'\'' or (byte)'"': // bash reads these quotes otherwise
                case (byte)'`' or (byte)'(' or (byte)'<':
                case (byte)'{' when !isEnd:
                    return Open(lines[place..], isEnd);
                case (byte)'\\':
                    place++;
                    break;
            }
            isWordStart = !wasEscape && " \t\n\r;&|>)"u8.Contains(lines[place]);
            isLineStart = isWordStart && DotEnvBlanks.IsLineEnd(lines[place]);
            isValue &= !isWordStart;
        }
        return ShellFault.None;
    }

    /// <summary>Where something opens, it is not known any more which words are run. At the end of a file that matters where there are variables in what is left.</summary>
    private static ShellFault Open(ReadOnlySpan<byte> rest, bool isEnd) => !isEnd ? ShellFault.Open : HasVariable(rest) ? ShellFault.Variable : ShellFault.None;

    private static bool HasVariable(ReadOnlySpan<byte> text)
    {
        while (text.IndexOf((byte)'$') is >= 0 and var place && place + 1 < text.Length)
        {
            text = text[(place + 1)..];
            if (text[0] is (byte)'{' || StartsName(text)) return true;
        }
        return false;
    }

    /// <summary>Of <c>NAME=</c> and <c>export NAME=</c> at the start of a line, for a name that shells leave to others; 0 where there is something else.</summary>
    private static int LengthOfAssignment(ReadOnlySpan<byte> line)
    {
        var start = line.IndexOfAnyExcept((byte)' ', (byte)'\t');
        if (start < 0) return 0;
        if (line[start..].StartsWith("export"u8) && line[(start + 6)..].IndexOfAnyExcept((byte)' ', (byte)'\t') is > 0 and var blanks) start += 6 + blanks;
        var length = line[start..].IndexOfAnyExcept(NameBytes);
        return length > 0 && line[start + length] is (byte)'=' && StartsName(line[start..]) && !IsOwnVariable(line.Slice(start, length)) ? start + length + 1 : 0;
    }

    private static int? EndOfDoubleQuotes(ReadOnlySpan<byte> lines, int place, bool isEnd)
    {
        for (; place < lines.Length; place++)
        {
            if (lines[place] is (byte)'"') return place;
            if (LengthOfVariable(lines[place..]) is > 0 and var length)
            {
                place += length - 1;
                continue;
            }
            if (lines[place] is (byte)'`' || (lines[place] is (byte)'$' && place + 1 < lines.Length && (lines[place + 1] is (byte)'(' || (lines[place + 1] is (byte)'{' && !isEnd)))) return null;
            if (lines[place] is (byte)'\\') place++;
        }
        return null;
    }

    /// <summary>Of <c>$NAME</c> and <c>${NAME}</c>, which open nothing whatever the value is (2.6.5: what comes of it is not read again); 0 where something else begins here.</summary>
    private static int LengthOfVariable(ReadOnlySpan<byte> text)
    {
        if (text is not [(byte)'$', .. var rest]) return 0;
        var inner = rest is [(byte)'{', ..] ? rest[1..] : rest;
        if (!StartsName(inner)) return 0;
        var name = inner.IndexOfAnyExcept(NameBytes);
        if (inner.Length == rest.Length) return 1 + (name < 0 ? inner.Length : name);
        return name > 0 && inner[name] is (byte)'}' ? name + 3 : 0;
    }

    private static bool StartsName(ReadOnlySpan<byte> text) => text.Length > 0 && NameBytes.Contains(text[0]) && !char.IsAsciiDigit((char)text[0]);
}

/// <summary>Why a shell could do more with a value than give it to a variable.</summary>
internal enum ShellFault
{
    None,

    /// <summary>Something is left open before it.</summary>
    Open,

    /// <summary>A variable, which may have it, is a word of its own.</summary>
    Variable,
}
