using System.Buffers;
using System.Text;

namespace Mill.Secrets.DotEnv;

/// <summary>What JavaScript takes for white space and for the end of a line (ECMA-262, sections 12.2 and 12.3), in UTF-8: the readers of <c>.env</c> files are written in it.</summary>
internal static class DotEnvBlanks
{
    /// <summary>How many bytes the white space at <paramref name="place"/> has; 0 where there is none.</summary>
    public static int LengthAt(ReadOnlySpan<byte> content, int place)
    {
        if (place >= content.Length) return 0;
        if (content[place] < 0x80) return content[place] is (byte)' ' or (>= 0x09 and <= 0x0d) ? 1 : 0;
        return Rune.DecodeFromUtf8(content[place..], out var rune, out var length) is OperationStatus.Done && IsBlank(rune.Value) ? length : 0;
    }

    /// <summary>Where the white space from <paramref name="place"/> on ends, over the ends of lines too.</summary>
    public static int Skip(ReadOnlySpan<byte> content, int place)
    {
        while (LengthAt(content, place) is > 0 and var length) place += length;
        return place;
    }

    /// <summary>The part of <paramref name="part"/> without the white space at both ends.</summary>
    public static DotEnvPart Trim(ReadOnlySpan<byte> content, DotEnvPart part)
    {
        var start = Math.Min(Skip(content, part.Start), part.End);
        var end = part.End;
        while (end > start && LengthBefore(content, end) is > 0 and var length) end -= length;
        return new(start, end - start);
    }

    /// <summary>What ends a line for shells and people, too.</summary>
    public static bool IsLineEnd(byte b) => b is (byte)'\n' or (byte)'\r';

    /// <summary>How many bytes the end of a line has that stands here; 0 where there is none. JavaScript knows two more than the usual.</summary>
    public static int LineEndAt(ReadOnlySpan<byte> content, int place) => content[place..] switch
    {
        [(byte)'\r', (byte)'\n', ..] => 2,
        [(byte)'\r' or (byte)'\n', ..] => 1,
        [0xe2, 0x80, 0xa8 or 0xa9, ..] => 3,
        _ => 0,
    };

    public static bool HasLineEnd(ReadOnlySpan<byte> text) => text.IndexOfAny((byte)'\n', (byte)'\r') >= 0 || text.IndexOf("\u2028"u8) >= 0 || text.IndexOf("\u2029"u8) >= 0;

    /// <summary>Where the line after this one begins.</summary>
    public static int NextLine(ReadOnlySpan<byte> content, int place)
    {
        while (content[place..].IndexOfAny((byte)'\n', (byte)'\r', (byte)0xe2) is >= 0 and var length)
        {
            place += length;
            if (LineEndAt(content, place) is > 0 and var end) return place + end;
            place++;
        }
        return content.Length;
    }

    private static int LengthBefore(ReadOnlySpan<byte> content, int end)
    {
        if (content[end - 1] < 0x80) return LengthAt(content, end - 1);
        return Rune.DecodeLastFromUtf8(content[..end], out var rune, out var length) is OperationStatus.Done && IsBlank(rune.Value) ? length : 0;
    }

    private static bool IsBlank(int rune) =>
        rune is 0xa0 or 0x1680 or (>= 0x2000 and <= 0x200a) or 0x2028 or 0x2029 or 0x202f or 0x205f or 0x3000 or 0xfeff;
}
