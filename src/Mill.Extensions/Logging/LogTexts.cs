using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using Mill.Secrets;

namespace Mill.Extensions.Logging;

/// <summary>Everything that a provider could write of a line, one after the other in one buffer, so that one look finds whether anything is to be masked.</summary>
internal ref struct LogTexts(PinnedWriter all)
{
    private const byte Between = 0xff; // in no text, so no value begins in one and ends in the next

    /// <summary>True where there is something that one cannot see into: a copy of it is made in any case.</summary>
    public bool IsOpaque { get; private set; }

    /// <summary>What providers write of a value.</summary>
    public static string Of(object value) => (value is IFormattable formattable ? formattable.ToString(null, CultureInfo.InvariantCulture) : value.ToString()) ?? "";

    /// <summary>Some providers write the members of what stands behind an <c>@</c>, and not its text.</summary>
    public static bool IsToBeTakenApart(string name) => name.StartsWith('@');

    public readonly void Add(string text)
    {
        var length = Encoding.UTF8.GetBytes(text, all.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length)));
        all.Advance(length);
        all.Write([Between]);
    }

    public void AddState<TState>(TState state)
    {
        if (state is not IEnumerable<KeyValuePair<string, object?>> pairs)
        {
            AddValue(state, 0);
            return;
        }
        // With a template, the text that was made of it is what the state says of itself, too.
        if (!AddPairs(pairs, 0)) Add(Of(state));
    }

    public void AddException(Exception exception, int depth)
    {
        if (depth == LogMask.Deepest)
        {
            IsOpaque = true;
            return;
        }
        Add(exception.ToString());
        Add(exception.Message);
        AddValue(exception.StackTrace, depth);
        AddValue(exception.Source, depth);
        AddValue(exception.HelpLink, depth);
        AddValue(exception.Data, depth);
        if (exception is AggregateException { InnerExceptions: { Count: > 1 } causes })
        {
            foreach (var cause in causes) AddException(cause, depth + 1);
        }
        else if (exception.InnerException is { } cause)
        {
            AddException(cause, depth + 1);
        }
    }

    private void AddValue(object? value, int depth)
    {
        switch (value)
        {
            case null or bool:
                break;
            case string text:
                Add(text);
                break;
            case var raw when RawValues.TryWrite(raw, all):
                all.Write([Between]);
                break;
            case Exception exception:
                AddException(exception, depth + 1);
                break;
            case IEnumerable when depth == LogMask.Deepest:
                IsOpaque = true;
                break;
            case IEnumerable<KeyValuePair<string, object?>> pairs:
                AddPairs(pairs, depth + 1);
                break;
            case IDictionary dictionary:
                foreach (DictionaryEntry entry in dictionary) AddPair(new(Of(entry.Key), entry.Value), depth + 1);
                break;
            case IEnumerable items:
                foreach (var item in items) AddValue(item, depth + 1);
                break;
            case IUtf8SpanFormattable number when number.TryFormat(all.GetSpan(64), out var length, default, CultureInfo.InvariantCulture):
                all.Advance(length);
                all.Write([Between]);
                break;
            default:
                Add(Of(value));
                break;
        }
    }

    /// <summary>True where a template is among them.</summary>
    private bool AddPairs(IEnumerable<KeyValuePair<string, object?>> pairs, int depth)
    {
        var hasTemplate = false;
        if (pairs is not IReadOnlyList<KeyValuePair<string, object?>> list)
        {
            foreach (var pair in pairs) hasTemplate |= AddPair(pair, depth);
            return hasTemplate;
        }
        for (var place = 0; place < list.Count; place++) hasTemplate |= AddPair(list[place], depth);
        return hasTemplate;
    }

    private bool AddPair(KeyValuePair<string, object?> pair, int depth)
    {
        Add(pair.Key);
        if (pair.Value is not null and not string && IsToBeTakenApart(pair.Key)) IsOpaque = true;
        AddValue(pair.Value, depth);
        return pair.Key is "{OriginalFormat}";
    }
}
