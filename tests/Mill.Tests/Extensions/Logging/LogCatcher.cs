using System.Collections;
using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Mill.Tests.Extensions.Logging;

/// <summary>A provider that writes down everything it can get hold of, as all others together would.</summary>
[ProviderAlias("Catcher")]
internal sealed class LogCatcher : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<CaughtLine> _lines = new();
    private IExternalScopeProvider? _scopes;

    public IReadOnlyCollection<CaughtLine> Lines => _lines;

    /// <summary>Everything, as one text.</summary>
    public string All => string.Join('\n', _lines.Select(line => line.All));

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    public void Dispose()
    {
    }

    private sealed class Logger(LogCatcher catcher, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => throw new NotSupportedException("The factory keeps the scopes.");

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var all = new List<string> { category, $"{logLevel}", $"{eventId.Id} {eventId.Name}", formatter(state, exception) };
            Write(all, state, 0);
            catcher._scopes?.ForEachScope((scope, to) => Write(to, scope, 0), all);
            if (exception is not null) WriteException(all, exception);
            catcher._lines.Enqueue(new(logLevel, eventId, formatter(state, exception), state, exception, string.Join('\n', all)));
        }

        private static void Write(List<string> all, object? value, int depth)
        {
            if (value is null || depth > 40) return;
            all.Add(value.ToString()!);
            if (value is string) return;
            if (value is byte[] bytes) all.Add(Convert.ToBase64String(bytes));
            if (value.GetType().Name.StartsWith("Order", StringComparison.Ordinal)) all.Add(JsonSerializer.Serialize(value));
            if (value is Exception exception) WriteException(all, exception);
            if (value is IEnumerable<KeyValuePair<string, object?>> pairs)
            {
                foreach (var (name, inner) in pairs) Write(all, name, depth + 1, inner);
            }
            else if (value is IEnumerable items)
            {
                foreach (var item in items) Write(all, item, depth + 1);
            }
        }

        private static void Write(List<string> all, string name, int depth, object? inner)
        {
            all.Add(name);
            Write(all, inner, depth);
        }

        private static void WriteException(List<string> all, Exception exception)
        {
            all.AddRange([exception.ToString(), exception.Message, exception.StackTrace ?? "", exception.Source ?? "", exception.HelpLink ?? ""]);
            foreach (DictionaryEntry entry in exception.Data) all.AddRange([$"{entry.Key}", $"{entry.Value}"]);
            if (exception.InnerException is { } cause) WriteException(all, cause);
            if (exception is AggregateException many) many.InnerExceptions.Skip(1).ToList().ForEach(cause => WriteException(all, cause));
        }
    }
}

internal sealed record CaughtLine(LogLevel Level, EventId EventId, string Text, object? State, Exception? Exception, string All);
