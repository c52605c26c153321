using Mill.Node.Docker;
using Mill.Secrets.Redaction;

namespace Mill.Node.Agent;

/// <summary>What a container wrote last, with the values of its secrets masked.</summary>
internal sealed class AllocLog(SecretRedactor? redactor)
{
    public const int Kept = 20;

    private const int MostOfLine = 500;

    private readonly Lock _lock = new();
    private readonly Queue<string> _last = new();

    public IReadOnlyList<string> Last
    {
        get
        {
            lock (_lock) return [.. _last];
        }
    }

    public void Add(LogLine line)
    {
        // Where the values are not known, nothing can be masked, and so nothing may leave.
        if (redactor is null) return;
        var text = redactor.Redact(line.Text);
        lock (_lock)
        {
            _last.Enqueue(text.Length > MostOfLine ? text[..MostOfLine] + "…" : text);
            if (_last.Count > Kept) _last.Dequeue();
        }
    }
}
