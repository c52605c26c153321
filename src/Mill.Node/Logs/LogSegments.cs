using System.Globalization;

namespace Mill.Node.Logs;

/// <summary>The files of one log: numbered, each begun when the one before was full.</summary>
internal static class LogSegments
{
    /// <summary>In bytes: then the next is begun.</summary>
    public const long Full = 4 << 20;

    /// <summary>In bytes: what is looked at where only the last lines are of interest.</summary>
    public const long End = 256 << 10;

    private const string Extension = ".log";

    public static string PathOf(string directory, int number) => Path.Combine(directory, number.ToString("D8", CultureInfo.InvariantCulture) + Extension);

    /// <summary>In their order.</summary>
    public static IReadOnlyList<int> Of(string directory) => Directory.Exists(directory)
        ? [.. Directory.GetFiles(directory, "*" + Extension).Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).Where(number => number > 0).Order()]
        : [];

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
