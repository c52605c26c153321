using System.Buffers;
using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction.Forms;

/// <summary>Everything by which a value can be told in a text.</summary>
internal static class ValueForms
{
    public static void AddTo(PatternList patterns, ReadOnlySpan<byte> value)
    {
        if (value.Length < SecretRedactor.ShortestValue) return;
        AddCuts(patterns, value);
        if (!value.Contains((byte)'\n')) return;
        AddWithLineEnds(patterns, value, "\n"u8);
        AddWithLineEnds(patterns, value, "\r\n"u8);
        // A log prints a key line by line, with other things in between.
        foreach (var line in value.SplitAny("\r\n"u8)) AddPart(patterns, value[line].Trim(" \t"u8));
    }

    /// <summary>Files end with a line end that is not printed, and people put quotes around values that readers take away.</summary>
    private static void AddCuts(PatternList patterns, ReadOnlySpan<byte> value)
    {
        AddWhole(patterns, value);
        var trimmed = value.Trim(" \t\r\n"u8);
        if (trimmed.Length < value.Length) AddWhole(patterns, trimmed);
        if (trimmed is [(byte)'"' or (byte)'\'', .. var quoted, var quote] && trimmed[0] == quote) AddWhole(patterns, quoted);
    }

    private static void AddWithLineEnds(PatternList patterns, ReadOnlySpan<byte> value, ReadOnlySpan<byte> lineEnd)
    {
        using var other = new PinnedWriter(value.Length);
        for (int place; (place = value.IndexOf((byte)'\n')) >= 0; value = value[(place + 1)..])
        {
            other.Write(place > 0 && value[place - 1] is (byte)'\r' ? value[..(place - 1)] : value[..place]);
            other.Write(lineEnd);
        }
        other.Write(value);
        AddCuts(patterns, other.WrittenSpan);
    }

    private static void AddWhole(PatternList patterns, ReadOnlySpan<byte> value)
    {
        if (value.Length < SecretRedactor.ShortestValue) return;
        CharacterForms.AddTo(patterns, value);
        Base64Forms.AddTo(patterns, value);
        HexForms.AddTo(patterns, value);
    }

    private static void AddPart(PatternList patterns, ReadOnlySpan<byte> part)
    {
        if (part.Length >= SecretRedactor.ShortestPart) CharacterForms.AddTo(patterns, part);
    }
}
