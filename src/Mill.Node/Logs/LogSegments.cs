using System.Globalization;

namespace Mill.Node.Logs;

/// <summary>The files of one log: numbered, each begun when the one before was full.</summary>
internal static class LogSegments
{
    /// <summary>In bytes: then the next is begun, where there is room for so much of each.</summary>
    public const long Full = 4 << 20;

    /// <summary>In bytes: then the next is begun, however many there are.</summary>
    public const long LeastFull = 64 << 10;

    /// <summary>In bytes: what is looked at where only the last lines are of interest.</summary>
    public const long End = 256 << 10;

    private const int Block = 64 << 10;

    private const string Extension = ".log";

    public static string PathOf(string directory, int number) => Path.Combine(directory, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    /// <summary>In their order.</summary>
    public static IReadOnlyList<int> Of(string directory) => Directory.Exists(directory)
        ? [.. Directory.GetFiles(directory, "*" + Extension).Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).Where(number => number > 0).Order()]
        : [];

    /// <summary>Where the last lines of a file begin. Throws <see cref="IOException"/>.</summary>
    /// <param name="most">In bytes: a line more than that is one too many.</param>
    /// <returns>How many there are, and how many bytes they have, up to where lines are whole.</returns>
    public static (int Lines, long From, long Size) Back(string path, int lines, long most)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var buffer = new byte[Block];
        var (found, from, whole) = (0, 0L, -1L);
        for (var at = RandomAccess.GetLength(file); at > 0;)
        {
            var size = (int)Math.Min(Block, at);
            at -= size;
            var block = buffer.AsSpan(0, RandomAccess.Read(file, buffer.AsSpan(0, size), at));
            for (int end; (end = block.LastIndexOf((byte)'\n')) >= 0; block = block[..end])
            {
                var begin = at + end + 1;
                if (whole < 0) (whole, from) = (begin, begin);
                else (found, from) = (found + 1, begin);
                if (found >= lines || whole - from >= most) return (found, from, whole - from);
            }
        }
        return whole < 0 ? (0, 0, 0) : (found + 1, 0, whole);
    }

    /// <summary>What stands at the end of a file, from the beginning of a line on. Throws <see cref="IOException"/>.</summary>
    /// <param name="most">In bytes.</param>
    /// <returns>And up to where lines are whole: half a line is what a kill leaves, or what is being written.</returns>
    public static (List<LogRecord> Records, long Whole) ReadEnd(string path, long most)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        var from = Math.Max(0, file.Length - most);
        file.Position = from;
        var bytes = new byte[file.Length - from];
        var read = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        var skipped = from is 0 ? 0 : read.IndexOf((byte)'\n') + 1;
        var records = new List<LogRecord>();
        return (records, from + skipped + LogRecord.Read(read[skipped..], records));
    }
}
