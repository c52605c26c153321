using System.Buffers;
using System.Text.Unicode;

namespace Mill.Secrets.DotEnv;

/// <summary>Writes a value so that the reader of a format gets exactly its bytes; where there is no such way it says why, and writes nothing.</summary>
public static class DotEnvQuoting
{
    private const int MaxDockerLine = 64 * 1024 - 2; // bufio.MaxScanTokenSize of Go, which reads the file, with the end of the line

    private const string NotUtf8 = "is not text in UTF-8";
    private const string HasNul = "holds a NUL byte";
    private const string HasLineBreak = "holds a line break";
    private const string TooLong = "is too long for one line";
    private const string NoQuoteFits = "holds quotes, line breaks or backslashes in a mix that no kind of quotes can carry";

    private static readonly SearchValues<byte> Plain = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:@%+,=-"u8);
    private static readonly SearchValues<byte> NeverUnquoted = SearchValues.Create("#\r\n"u8);

    /// <summary>The reason why the format cannot carry the value; null where it was written.</summary>
    /// <param name="keySize">How many bytes of the line the name and <c>=</c> take.</param>
    public static string? TryWrite(DotEnvFormat format, ReadOnlySpan<byte> value, int keySize, IBufferWriter<byte> writer)
    {
        if (!Utf8.IsValid(value)) return NotUtf8;
        if (value.Contains((byte)0)) return HasNul;
        return format switch
        {
            DotEnvFormat.Shell => Shell(value, writer),
            DotEnvFormat.Docker => Docker(value, keySize, writer),
            DotEnvFormat.Dotenv => Dotenv(value, writer),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }

    /// <summary>Everything between single quotes is itself, but for a single quote (POSIX.1-2017, Shell Command Language, 2.2.2).</summary>
    private static string? Shell(ReadOnlySpan<byte> value, IBufferWriter<byte> writer)
    {
        if (IsPlain(value))
        {
            writer.Write(value);
            return null;
        }
        writer.Write("'"u8);
        for (int quote; (quote = value.IndexOf((byte)'\'')) >= 0; value = value[(quote + 1)..])
        {
            writer.Write(value[..quote]);
            writer.Write("'\\''"u8);
        }
        writer.Write(value);
        writer.Write("'"u8);
        return null;
    }

    private static string? Docker(ReadOnlySpan<byte> value, int keySize, IBufferWriter<byte> writer)
    {
        if (value.IndexOfAny((byte)'\r', (byte)'\n') >= 0) return HasLineBreak;
        if (keySize + value.Length > MaxDockerLine) return TooLong;
        writer.Write(value);
        return null;
    }

    /// <summary>In the quotes that most readers understand: none, single, double, and only then back quotes.</summary>
    private static string? Dotenv(ReadOnlySpan<byte> value, IBufferWriter<byte> writer)
    {
        var quote = QuoteFor(value);
        switch (quote)
        {
            case null:
                return NoQuoteFits;
            case '\0':
                writer.Write(value);
                return null;
            default:
                writer.Write([(byte)quote.Value]);
                WriteQuoted(value, writer);
                writer.Write([(byte)quote.Value]);
                return null;
        }
    }

    /// <summary>0 for none; null where nothing fits.</summary>
    private static char? QuoteFor(ReadOnlySpan<byte> value)
    {
        if (IsPlain(value)) return '\0';
        if (CanQuote(value, (byte)'\'')) return '\'';
        if (IsSameForAll(value)) return '"';
        if (CanQuote(value, (byte)'`')) return '`';
        if (CanDoubleQuote(value)) return '"';
        return IsSafeUnquoted(value) ? '\0' : null;
    }

    /// <summary>A return would become a newline in any but double quotes, where an escape stands for it.</summary>
    private static void WriteQuoted(ReadOnlySpan<byte> value, IBufferWriter<byte> writer)
    {
        for (int place; (place = value.IndexOf((byte)'\r')) >= 0; value = value[(place + 1)..])
        {
            writer.Write(value[..place]);
            writer.Write("\\r"u8);
        }
        writer.Write(value);
    }

    private static bool IsPlain(ReadOnlySpan<byte> value) => !value.IsEmpty && !value.ContainsAnyExcept(Plain);

    /// <summary>A backslash at the end would be taken for one that keeps the quote from closing.</summary>
    private static bool CanQuote(ReadOnlySpan<byte> value, byte quote) => value.IndexOfAny(quote, (byte)'\r') < 0 && value is not [.., (byte)'\\'];

    /// <summary>Nothing that a reader of double quotes may expand.</summary>
    private static bool IsSameForAll(ReadOnlySpan<byte> value) => value.IndexOfAny("\"\\$\r"u8) < 0;

    private static bool CanDoubleQuote(ReadOnlySpan<byte> value) =>
        !value.Contains((byte)'"') && value is not [.., (byte)'\\'] && value.IndexOf("\\n"u8) < 0 && value.IndexOf("\\r"u8) < 0;

    private static bool IsSafeUnquoted(ReadOnlySpan<byte> value) =>
        value.IndexOfAny(NeverUnquoted) < 0 && value is not [(byte)'\'' or (byte)'"' or (byte)'`', ..]
        && DotEnvBlanks.Trim(value, new(0, value.Length)).Length == value.Length && !value.IsEmpty && !DotEnvBlanks.HasLineEnd(value);
}
