using Microsoft.Extensions.Logging;

namespace Mill.Commands;

/// <summary>How much a server says, in words.</summary>
internal static class ServerLog
{
    public static string[] Levels { get; } = ["trace", "debug", "info", "warning", "error"];

    public static LogLevel LevelOf(string? word) => word switch
    {
        "trace" => LogLevel.Trace,
        "debug" => LogLevel.Debug,
        "info" => LogLevel.Information,
        "error" => LogLevel.Error,
        _ => LogLevel.Warning,
    };
}
