using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Extensions.Logging;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Tests.Extensions.Logging;

/// <summary>Logs as an application has them, masked, and caught at the end.</summary>
internal sealed class LogFixture : IDisposable
{
    private readonly ServiceProvider _services;

    public LogFixture(Action<ILoggingBuilder>? configure = null)
    {
        _services = new ServiceCollection().AddLogging(logging =>
        {
            logging.SetMinimumLevel(LogLevel.Debug);
            logging.AddMillRedaction(Values);
            // After it: the order does not matter.
            logging.Services.AddSingleton<ILoggerProvider>(Catcher);
            configure?.Invoke(logging);
        }).BuildServiceProvider();
        Log = _services.GetRequiredService<ILogger<LogFixture>>();
    }

    public RedactionSet Values { get; } = new();

    public LogCatcher Catcher { get; } = new();

    public ILogger Log { get; }

    public IServiceProvider Services => _services;

    public CaughtLine Line => Catcher.Lines.Single();

    public void Know(string name, string text)
    {
        using var value = SecretValue.FromText(text);
        Values.Set(name, value);
    }

    public void Dispose()
    {
        _services.Dispose();
        Values.Dispose();
    }
}
