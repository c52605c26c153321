using Mill.Node.Docker;
using Mill.Node.Logs;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Node.Agent;

/// <summary>What one container writes, with the values of its secrets masked: the last lines to say what went wrong, all of them for the disk.</summary>
internal sealed class AllocLog(LogFile file) : IDisposable
{
    public const int Kept = 20;

    private const int MostOfLine = 500;

    private readonly Lock _lock = new();
    private readonly Queue<(string Text, bool IsMasked)> _last = new();
    private readonly TaskCompletionSource _known = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SecretRedactor? _redactor;
    private (DateTimeOffset At, int Count)? _heard;

    /// <summary>Done once the values are known. Until then nothing can be masked, and so nothing may be read.</summary>
    public Task Known => _known.Task;

    /// <summary>From when on its lines are to be read, and how many of that very moment are there already; null for from the first on.</summary>
    public (DateTimeOffset At, int Count)? Heard
    {
        get
        {
            lock (_lock) return _heard;
        }
    }

    public IReadOnlyList<string> Last
    {
        get
        {
            lock (_lock) return [.. _last.Where(line => line.IsMasked || _redactor is not null).Select(line => Cut(line.IsMasked ? line.Text : _redactor!.Redact(line.Text)))];
        }
    }

    /// <summary>From now on these are masked, in the place of those before. They stay the caller's.</summary>
    public void Mask(IEnumerable<SecretValue> values)
    {
        var redactor = SecretRedactor.Of(values);
        lock (_lock)
        {
            _redactor?.Dispose();
            _redactor = redactor;
        }
        _known.TrySetResult();
    }

    /// <summary>A reason, without values.</summary>
    public string Clean(string text)
    {
        lock (_lock) return _redactor?.Redact(text) ?? text;
    }

    /// <summary>Goes on behind what is kept of a container that was there before its agent.</summary>
    /// <param name="made">When it was made: what is older is of the one before it.</param>
    public void Resume(DateTimeOffset made)
    {
        // Podman says the times of lines in whole seconds: one of the second that it was made in is its own.
        made = made.AddTicks(-(made.Ticks % TimeSpan.TicksPerSecond));
        if (file.Last is not { } last || last.At < made) return;
        var lines = new LogReader(file.Directory).Tail(Kept).Where(record => record.Ticks >= made.UtcTicks).ToList();
        lock (_lock)
        {
            _heard = last;
            foreach (var line in lines) NoteLocked(line.Text, isMasked: true);
        }
    }

    public void Add(LogLine line)
    {
        lock (_lock)
        {
            if (_redactor is null) return;
            // Most of a flood is left out, and masking takes longer than writing: of that, only what is asked for is masked, once it is.
            if (file.Add(line.At, line.IsError, line.Text, _redactor.Redact) is { } text) NoteLocked(text, isMasked: true);
            else if (line.Text.Length <= LogRecord.MostOfText) NoteLocked(line.Text, isMasked: false);
            if (_heard is { } heard && heard.At == line.At) _heard = (heard.At, heard.Count + 1);
            else if (_heard is null || _heard.Value.At < line.At) _heard = (line.At, 1);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _redactor?.Dispose();
            _redactor = null;
        }
    }

    private static string Cut(string text) => Excerpt.Of(text, MostOfLine);

    private void NoteLocked(string text, bool isMasked)
    {
        // What is not masked yet is not cut: half of a value would not be known any more.
        _last.Enqueue((isMasked ? Cut(text) : text, isMasked));
        if (_last.Count > Kept) _last.Dequeue();
    }
}
