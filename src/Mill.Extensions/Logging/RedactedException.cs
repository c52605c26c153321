using System.Collections;

namespace Mill.Extensions.Logging;

/// <summary>What a log gets in the place of an exception that holds a secret: its message, stack, data and causes, with masks, and of nothing else.</summary>
public sealed class RedactedException : Exception
{
    private readonly string _text;

    internal RedactedException(Exception original, LogMask mask, int depth = 0)
        : base(mask.Text(original.Message), Cause(original, mask, depth))
    {
        _text = mask.Text(original.ToString());
        StackTrace = original.StackTrace is { } stack ? mask.Text(stack) : null;
        OriginalType = original.GetType().FullName ?? original.GetType().Name;
        (Source, HelpLink, HResult) = (Masked(original.Source, mask), Masked(original.HelpLink, mask), original.HResult);
        foreach (DictionaryEntry entry in original.Data) Data[mask.Text(LogTexts.Of(entry.Key))] = mask.Value(entry.Value);
    }

    /// <summary>The full name of the type of the exception that this one stands for.</summary>
    public string OriginalType { get; }

    public override string? StackTrace { get; }

    /// <summary>What the exception says of itself, with masks.</summary>
    public override string ToString() => _text;

    /// <summary>Of several causes the text tells; here is the first.</summary>
    private static RedactedException? Cause(Exception original, LogMask mask, int depth) =>
        original.InnerException is { } cause && depth < LogMask.Deepest ? new(cause, mask, depth + 1) : null;

    private static string? Masked(string? text, LogMask mask) => text is null ? null : mask.Text(text);
}
