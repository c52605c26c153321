using System.Globalization;

namespace Mill.Interaction;

/// <summary>Times as the API writes them, so that what is shown can be given back to <c>--at</c>.</summary>
internal static class Times
{
    public static string Show(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>To the second on a screen, where there is little room; in full in a pipe.</summary>
    public static string Show(Terminal terminal, DateTimeOffset time) =>
        terminal.OutputIsTerminal ? time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) : Show(time);

    public static string Show(Terminal terminal, DateTimeOffset? time, string otherwise) => time is { } known ? Show(terminal, known) : otherwise;

    public static string Show(DateTimeOffset? time, string otherwise) => time is { } known ? Show(known) : otherwise;
}
