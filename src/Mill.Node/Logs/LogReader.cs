namespace Mill.Node.Logs;

/// <summary>Reads the files of one log, and knows where it is in them.</summary>
internal sealed class LogReader(string directory)
{
    private const int Portion = 256 * 1024;

    private int _segment;
    private long _offset;

    /// <summary>The last ones that are there; what follows comes from <see cref="Next"/>.</summary>
    public IReadOnlyList<LogRecord> Tail(int count)
    {
        var found = new LinkedList<List<LogRecord>>();
        var (total, segments) = (0, LogSegments.Of(directory));
        for (var i = segments.Count - 1; i >= 0; i--)
        {
            if (total >= count && i < segments.Count - 1) break;
            var (records, whole) = ReadEnd(segments[i], LogSegments.End);
            if (total + records.Count < count) (records, whole) = ReadEnd(segments[i], long.MaxValue);
            if (i == segments.Count - 1) (_segment, _offset) = (segments[i], whole);
            total += records.Count;
            found.AddFirst(records);
        }
        return [.. found.SelectMany(records => records).Skip(Math.Max(0, total - count))];
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

    private (List<LogRecord> Records, long Whole) ReadEnd(int segment, long most)
    {
        try
        {
            return LogSegments.ReadEnd(LogSegments.PathOf(directory, segment), most);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return ([], 0); // it was the oldest
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
