using Mill.Client.Contracts;

namespace Mill.Server.Api.Fleet;

/// <summary>The last lines of what went through, as many as were asked for and have room.</summary>
internal sealed class LogTail(int lines)
{
    /// <summary>Of all lines, in characters.</summary>
    public const int MostText = 2 << 20;

    private readonly Queue<LogLineItem> _kept = new();
    private int _text;

    public void Add(LogLineItem line)
    {
        _kept.Enqueue(line);
        _text += line.Line.Length;
        while (_kept.Count > lines || _text > MostText) _text -= _kept.Dequeue().Line.Length;
    }

    /// <summary>Each is forgotten as it is taken.</summary>
    public IEnumerable<LogLineItem> Take()
    {
        while (_kept.TryDequeue(out var line)) yield return line;
    }
}
