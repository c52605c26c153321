namespace Mill.Node.Logs;

/// <summary>Reads the files of one log, and knows where it is in them.</summary>
internal sealed class LogReader(string directory)
{
    /// <summary>In bytes: of the lines that were there before.</summary>
    public const long MostOfTail = 4 << 20;

    private const int Portion = 256 * 1024;

    private int _segment;
    private long _offset;

    /// <summary>The last ones that are there, as many as have room; what follows comes from <see cref="Next"/>.</summary>
    public List<LogRecord> Tail(int count)
    {
        var (records, lines) = (new List<LogRecord>(), Seek(count));
        while (records.Count < lines && Next() is { Count: > 0 } more) records.AddRange(more.Take(lines - records.Count));
        return records;
    }

    /// <summary>Goes to where the last ones begin, reading no more of the files than it must.</summary>
    /// <returns>How many there are from there on, right now.</returns>
    public int Seek(int count)
    {
        var (found, room, segments) = (0, MostOfTail, LogSegments.Of(directory));
        for (var i = segments.Count - 1; i >= 0 && (i == segments.Count - 1 || (found < count && room > 0)); i--)
        {
            var (lines, from, size) = Back(segments[i], count - found, room);
            (_segment, _offset) = (segments[i], from);
            (found, room) = (found + lines, room - size);
        }
        return found;
    }

    /// <summary>The next ones; none where there are none yet.</summary>
    public IReadOnlyList<LogRecord> Next()
    {
        while (true)
        {
            // Looked at before: a file is full where there was a later one already.
            var later = LogSegments.Of(directory).FirstOrDefault(number => number > _segment);
            var records = new List<LogRecord>();
            _offset += LogRecord.Read(ReadOn(), records);
            if (records.Count > 0 || later is 0) return records;
            (_segment, _offset) = (later, 0);
        }
    }

    private (int Lines, long From, long Size) Back(int segment, int count, long most)
    {
        try
        {
            return LogSegments.Back(LogSegments.PathOf(directory, segment), count, most);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return (0, 0, 0); // it was the oldest
        }
    }

    private byte[] ReadOn()
    {
        try
        {
            using var file = new FileStream(LogSegments.PathOf(directory, _segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Position = _offset;
            var bytes = new byte[Math.Min(Portion, Math.Max(0, file.Length - _offset))];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return []; // it was the oldest, or there was none yet
        }
    }
}
