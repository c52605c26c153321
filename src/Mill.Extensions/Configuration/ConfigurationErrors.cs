using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Configuration;

/// <summary>What is wrong with the settings, told once when it begins and once when it ends. Whoever is told may fail, and changes nothing by that.</summary>
internal sealed partial class ConfigurationErrors(MillConfigurationOptions options, Telling telling)
{
    private readonly Lock _lock = new();
    private volatile SecretProviderException? _current;
    private volatile bool _isSpeaking; // what is wrong during the start is the start's to tell
    private volatile ILogger _logger = NullLogger.Instance;

    public SecretProviderException? Current => _current;

    public void Tell(SecretProviderException? error)
    {
        string? before;
        lock (_lock) (before, _current) = (_current?.Message, error);
        if (_isSpeaking && before != error?.Message) Say(error);
    }

    /// <summary>After the start: tells what is wrong now, and from now on what changes.</summary>
    public void Speak()
    {
        _isSpeaking = true;
        if (_current is { } error) Say(error);
    }

    /// <summary>Only its type: whoever threw it had the values at hand.</summary>
    public void CallbackFailed(Exception e) => Write(() => Log.CallbackFailed(_logger, options.Name, e.GetType().Name));

    public void LogTo(ILogger logger)
    {
        _logger = logger;
        if (_current is { } error) Write(() => Failed(error));
    }

    private void Say(SecretProviderException? error)
    {
        Write(error is null ? () => Log.Recovered(_logger, options.Name) : () => Failed(error));
        try
        {
            telling.Tell(() => options.ErrorChanged?.Invoke(error));
        }
        catch (Exception e)
        {
            CallbackFailed(e);
        }
    }

    /// <summary>Only its code: its message may name secrets, also those that nobody here knows yet. Who is to have it is told otherwise.</summary>
    private void Failed(SecretProviderException error) => Log.Failed(_logger, options.Name, error.Error.ToCode());

    /// <summary>A log that throws is no reason to follow no more changes, and there is nobody left to tell.</summary>
    private void Write(Action write)
    {
        try
        {
            telling.Tell(write);
        }
        catch (Exception)
        {
            // As it says.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "Settings from {Name} may not be the latest: {Reason}")]
        public static partial void Failed(ILogger logger, string name, string reason);

        [LoggerMessage(5002, LogLevel.Information, "Settings from {Name} are the latest again")]
        public static partial void Recovered(ILogger logger, string name);

        [LoggerMessage(5003, LogLevel.Error, "What was to be done upon a change of {Name} has failed with {Exception}")]
        public static partial void CallbackFailed(ILogger logger, string name, string exception);
    }
}
