using System.Collections;
using Microsoft.Extensions.Logging;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Extensions.Logging;

/// <summary>Looks for known values in what logs are made of, and makes copies with masks. Whatever throws here, throws: who calls passes nothing on then.</summary>
internal sealed class LogMask(RedactionSet values)
{
    /// <summary>How deep lists in lists and causes of causes are followed; what lies deeper is not passed on.</summary>
    public const int Deepest = 16;

    public static string LeftOut(Exception failure) => $"{SecretRedactor.Mask} What stood here could not be masked, and was left out: {failure.GetType().Name}";

    public bool IsOf(RedactionSet other) => values == other;

    /// <summary>True where something of a line is to be masked. One look at all of it together.</summary>
    public bool Finds<TState>(string text, EventId eventId, TState state, Exception? exception)
    {
        using var all = new PinnedWriter(1024);
        var texts = new LogTexts(all);
        texts.Add(text);
        if (eventId.Name is { } name) texts.Add(name);
        texts.AddState(state);
        if (exception is not null) texts.AddException(exception, 0);
        return texts.IsOpaque || values.Contains(all.WrittenSpan);
    }

    public MaskedLine Line<TState>(string text, EventId eventId, TState state, Exception? exception) => new(
        new(eventId.Id, eventId.Name is { } name ? Text(name) : null),
        state is IEnumerable<KeyValuePair<string, object?>> raw && raw.Any(pair => IsRawValue(pair.Value)) ? SecretRedactor.Mask : Text(text),
        state is IEnumerable<KeyValuePair<string, object?>> pairs && !IsOnlyInText(text, state) ? Pairs(pairs) : null,
        exception is null ? null : new RedactedException(exception, this));

    public object Scope<TState>(TState state)
        where TState : notnull => state switch
        {
            MaskedScope scope when scope.IsOf(this) => scope,
            IEnumerable<KeyValuePair<string, object?>> pairs => new MaskedPairs(pairs, this),
            _ => new MaskedScope(state, this),
        };

    public string Text(string text) => values.Redact(text);

    /// <summary>The text with masks, or one that says that it could not be masked.</summary>
    public string SafeText(string text)
    {
        try
        {
            return Text(text);
        }
        catch (Exception failure)
        {
            return LeftOut(failure);
        }
    }

    public KeyValuePair<string, object?>[] Pairs(IEnumerable<KeyValuePair<string, object?>> pairs, int depth = 0) => [.. pairs.Select(pair => Pair(pair, depth))];

    /// <summary>The same object where nothing of it is to be masked.</summary>
    public object? Value(object? value, int depth = 0) => value switch
    {
        null => null,
        string text => Text(text),
        _ when RawValues.Characters(value) is { } characters => Text(characters),
        _ when IsRawValue(value) => SecretRedactor.Mask,
        IEnumerable<byte> bytes => bytes,
        Exception exception => Text(LogTexts.Of(exception)),
        IEnumerable when depth == Deepest => SecretRedactor.Mask,
        IEnumerable<KeyValuePair<string, object?>> pairs => Pairs(pairs, depth + 1),
        IDictionary dictionary => dictionary.Cast<DictionaryEntry>().Select(entry => Pair(new(LogTexts.Of(entry.Key), entry.Value), depth + 1)).ToArray(),
        IEnumerable items => items.Cast<object?>().Select(item => Value(item, depth + 1)).ToArray(),
        _ => Other(value),
    };

    /// <summary>Bytes and characters that hold a value: in a text they are a list of numbers or letters, which no encoding is, and anybody can read.</summary>
    private bool IsRawValue(object? value)
    {
        if (value is null or string) return false;
        using var raw = new PinnedWriter();
        return RawValues.TryWrite(value, raw) && values.Contains(raw.WrittenSpan);
    }

    /// <summary>True where a value is in the text and in nothing that it was made of: then it is put together of these, and they are parts of it.</summary>
    private bool IsOnlyInText<TState>(string text, TState state)
    {
        using var all = new PinnedWriter(1024);
        var texts = new LogTexts(all);
        texts.AddState(state);
        return !values.Contains(all.WrittenSpan) && Text(text) != text;
    }

    /// <summary>Anything that providers write as its text.</summary>
    private object Other(object value)
    {
        var text = LogTexts.Of(value);
        var masked = Text(text);
        return ReferenceEquals(masked, text) ? value : masked;
    }

    private KeyValuePair<string, object?> Pair(KeyValuePair<string, object?> pair, int depth) =>
        // What is to be taken apart is not what its text says: only the text goes on.
        new(Text(pair.Key), LogTexts.IsToBeTakenApart(pair.Key) && pair.Value is not null and not string and not IEnumerable ? Text(LogTexts.Of(pair.Value)) : Value(pair.Value, depth));
}
