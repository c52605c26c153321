using System.Buffers;
using Mill.Secrets.Redaction.Patterns;

namespace Mill.Secrets.Redaction;

/// <summary>
/// The values that are known by now, by name, and a redactor of them. A value stays known for a while after it was replaced or removed, because logs still carry it. For any number of threads: who redacts takes
/// no lock, but for the first to do so after a change, who makes the redactor anew. Once <see cref="Set"/> has returned, its value is masked.
/// </summary>
public sealed class RedactionSet : IDisposable
{
    /// <summary>How many values of one name stay known, the current one among them.</summary>
    public const int KeptPerName = 3;

    /// <summary>How many names stay known after they were removed.</summary>
    public const int KeptRemoved = 100;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, KnownValues> _names = new(StringComparer.Ordinal);
    private readonly List<string> _removed = []; // the first to be forgotten first
    private SecretRedactor? _current; // null where something changed since the last one
    private bool _isDisposed;

    /// <summary>Makes a copy the current value of a name.</summary>
    public void Set(string name, SecretValue value)
    {
        lock (_lock)
        {
            var values = ValuesLocked(name);
            _removed.Remove(name);
            if (values.Add(value)) ChangedLocked();
        }
    }

    /// <summary>Makes a copy of a value that is about to be written known: it is masked whatever comes of that, and does not take the place of the current one.</summary>
    internal void Expect(string name, SecretValue value)
    {
        lock (_lock)
        {
            if (ValuesLocked(name).AddBefore(value)) ChangedLocked();
        }
    }

    /// <summary>The name has no value any more. Its values stay masked until <see cref="KeptRemoved"/> more names are removed.</summary>
    public void Remove(string name)
    {
        lock (_lock)
        {
            if (!_names.ContainsKey(name) || _removed.Contains(name)) return;
            _removed.Add(name);
            if (_removed.Count > KeptRemoved) ForgetLocked(_removed[0]);
        }
    }

    /// <summary>From now on no value of the name is masked, unless another name has it too.</summary>
    public void Forget(string name)
    {
        lock (_lock) ForgetLocked(name);
    }

    /// <summary>Writes the text with masks. If it throws, what it has written until then holds no value.</summary>
    public void Redact(ReadOnlySpan<byte> utf8, IBufferWriter<byte> output)
    {
        using var reading = Read();
        reading.Redact(utf8, output);
    }

    /// <summary>The text with masks; the very same string where there is nothing to mask.</summary>
    public string Redact(string text)
    {
        using var reading = Read();
        return reading.Redact(text);
    }

    /// <summary>True where something would be masked.</summary>
    public bool Contains(ReadOnlySpan<byte> utf8)
    {
        using var reading = Read();
        return reading.Contains(utf8);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            ChangedLocked();
            foreach (var values in _names.Values) values.Dispose();
            _names.Clear();
        }
    }

    internal PatternReading Read()
    {
        while (true)
        {
            var redactor = Volatile.Read(ref _current) ?? Build();
            try
            {
                return redactor.Read();
            }
            catch (ObjectDisposedException) when (Volatile.Read(ref _current) != redactor)
            {
                // It was replaced between the two lines: the next one knows more.
            }
        }
    }

    private SecretRedactor Build()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _current ??= SecretRedactor.Of(_names.Values.SelectMany(values => values.All));
        }
    }

    private KnownValues ValuesLocked(string name)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        if (!_names.TryGetValue(name, out var values)) _names.Add(name, values = new());
        return values;
    }

    private void ForgetLocked(string name)
    {
        _removed.Remove(name);
        if (!_names.Remove(name, out var values)) return;
        values.Dispose();
        ChangedLocked();
    }

    /// <summary>Those who read the old redactor keep it until they are done; nobody else can begin to.</summary>
    private void ChangedLocked() => Interlocked.Exchange(ref _current, null)?.Dispose();
}
