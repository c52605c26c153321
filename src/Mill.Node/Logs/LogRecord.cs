using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Mill.Core.Ports;

namespace Mill.Node.Logs;

/// <summary>A line as it stands in a file: the moment in ticks, a letter for the stream, the text.</summary>
/// <param name="Kind">See <see cref="Output"/> and the others.</param>
internal readonly record struct LogRecord(long Ticks, char Kind, string Text)
{
    public const char Output = 'o';
    public const char Errors = 'e';

    /// <summary>What Mill says of the log itself.</summary>
    public const char Remark = 'm';

    /// <summary>Of a text, in characters. The rest of a longer one is left out.</summary>
    public const int MostOfText = 16 * 1024;

    /// <summary>About what stands before the text, in bytes.</summary>
    public const int Head = 24;

    private const byte End = (byte)'\n';

    public AllocLine Line => new(new(Ticks, TimeSpan.Zero), Kind is Output ? "stdout" : "stderr", Text);

    public byte[] Write() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Ticks} {Kind} {Excerpt.Of(Text, MostOfText).Replace('\n', ' ')}\n"));

    /// <summary>All that are whole. What is none is left out: a file may be damaged.</summary>
    /// <returns>How many bytes they take.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, List<LogRecord> records)
    {
        var taken = 0;
        for (int end; (end = bytes[taken..].IndexOf(End)) >= 0; taken += end + 1)
        {
            var line = bytes.Slice(taken, end);
            if (!Utf8Parser.TryParse(line, out long ticks, out var digits) || ticks < 0 || ticks > DateTime.MaxValue.Ticks || line.Length < digits + 3 || line[digits] is not (byte)' ' || line[digits + 2] is not (byte)' ') continue;
            records.Add(new(ticks, (char)line[digits + 1], Encoding.UTF8.GetString(line[(digits + 3)..])));
        }
        return taken;
    }
}
