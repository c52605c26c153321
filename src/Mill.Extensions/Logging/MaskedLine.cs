using System.Collections;
using Microsoft.Extensions.Logging;

namespace Mill.Extensions.Logging;

/// <summary>A line with masks, in the form in which providers expect the state of one.</summary>
internal sealed class MaskedLine(EventId eventId, string text, IReadOnlyList<KeyValuePair<string, object?>>? values = null, Exception? exception = null) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly IReadOnlyList<KeyValuePair<string, object?>> _values = values ?? [];

    public EventId EventId => eventId;

    public string Text => text;

    public Exception? Exception => exception;

    public int Count => _values.Count;

    public KeyValuePair<string, object?> this[int index] => _values[index];

    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override string ToString() => text;
}
