using System.Globalization;

namespace Mill.Node.Logs;

/// <summary>The log of one allocation, being written. What cannot be written is left out: a full disk must not end what runs.</summary>
/// <param name="full">At which size, in bytes, the next file is begun.</param>
/// <param name="begun">Called whenever that is.</param>
internal sealed class LogFile(string directory, TimeProvider time, Func<long> full, Action begun) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LogThrottle _throttle = new(time);
    private FileStream? _stream;
    private int _segment;
    private int _leftOut;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Directory => directory;

    /// <summary>The moment of the last line, and how many lines are of that moment; null where there is none.</summary>
    public (DateTimeOffset At, int Count)? Last { get; private set; }

    /// <summary>Nothing is written any more.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Done once there is more, or it has ended.</summary>
    public Task More
    {
        get
        {
            lock (_lock) return _more.Task;
        }
    }

    /// <summary>Goes on where an earlier agent has stopped.</summary>
    public void Open()
    {
        try
        {
            System.IO.Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            if (LogSegments.Of(directory) is [.., var last]) GoOn(last);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // As with what cannot be written.
        }
    }

    /// <param name="mask">Takes the values of secrets out of the text. It is not asked for what is left out.</param>
    /// <returns>What was to be written; null where there was too much, and it was left out.</returns>
    public string? Add(DateTimeOffset at, bool isError, string text, Func<string, string> mask)
    {
        lock (_lock)
        {
            if (!_throttle.IsTaken(Math.Min(text.Length, LogRecord.MostOfText) + LogRecord.Head))
            {
                _leftOut++;
                return null;
            }
            text = mask(text);
            var record = new LogRecord(at.UtcTicks, isError ? LogRecord.Errors : LogRecord.Output, text);
            var bytes = record.Write();
            if (_leftOut > 0) WriteLocked(new LogRecord(at.UtcTicks, LogRecord.Remark, string.Create(CultureInfo.InvariantCulture, $"[mill: {_leftOut} lines were left out here: more was written than is kept]")).Write());
            _leftOut = 0;
            if (!WriteLocked(bytes)) return text;
            Note(record);
            MoreLocked();
            return text;
        }
    }

    /// <summary>Lets go of what it holds, and begins anew with the next line: there is no room for all that others write.</summary>
    public void GiveUp()
    {
        lock (_lock)
        {
            if (_stream is null) return;
            _stream.Dispose();
            _stream = null;
            File.Delete(LogSegments.PathOf(directory, _segment));
        }
    }

    public void End()
    {
        lock (_lock)
        {
            IsEnded = true;
            _stream?.Dispose();
            _stream = null;
            MoreLocked();
        }
    }

    public void Dispose() => _stream?.Dispose();

    private void GoOn(int last)
    {
        _segment = last;
        var path = LogSegments.PathOf(directory, last);
        var (records, whole) = LogSegments.ReadEnd(path, LogSegments.End);
        foreach (var record in records) Note(record);
        _stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        _stream.SetLength(whole);
        _stream.Position = whole;
    }

    private void Note(LogRecord record)
    {
        if (record.Kind is LogRecord.Remark) return;
        if (Last is { } last && last.At.UtcTicks == record.Ticks) Last = (last.At, last.Count + 1);
        else if (Last is null || Last.Value.At.UtcTicks < record.Ticks) Last = (new(record.Ticks, TimeSpan.Zero), 1);
    }

    private void MoreLocked()
    {
        _more.TrySetResult();
        if (!IsEnded) _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private bool WriteLocked(byte[] bytes)
    {
        if (IsEnded) return false;
        try
        {
            if (_stream is null || _stream.Position >= full()) BeginLocked();
            _stream!.Write(bytes);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next file may have more luck; half a line is none.
            _stream?.Dispose();
            _stream = null;
            _leftOut++;
            return false;
        }
    }

    private void BeginLocked()
    {
        _stream?.Dispose();
        _stream = null;
        _stream = new FileStream(LogSegments.PathOf(directory, _segment + 1), FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        _segment++;
        begun();
    }
}
