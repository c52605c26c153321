using Microsoft.Extensions.Logging;

namespace Mill.Extensions.Logging;

/// <summary>
/// Passes on what holds no known value as it came, and a copy with masks of what does. A line that cannot be looked at, for whatever reason, is replaced by one that says so.
/// </summary>
internal sealed class RedactingLogger(ILogger inner, LogMask mask) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(mask.Scope(state));

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel)) return;
        MaskedLine? line;
        string? text = null;
        try
        {
            text = formatter(state, exception);
            line = mask.Finds(text, eventId, state, exception) ? mask.Line(text, eventId, state, exception) : null;
        }
        catch (Exception failure)
        {
            // Nothing of what came may go on: not even the message of this failure, which may hold it.
            line = new(eventId.Id, LogMask.LeftOut(failure));
        }
        if (line is null) Pass(logLevel, eventId, state, exception, text!);
        else inner.Log(logLevel, line.EventId, line, line.Exception, static (line, _) => line.Text);
    }

    /// <summary>Providers get the very text that was looked at, and do not make it again.</summary>
    private void Pass<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, string text) => inner.Log(logLevel, eventId, state, exception, (_, _) => text);
}
