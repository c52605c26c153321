using System.Globalization;

namespace Mill.Interaction;

/// <summary>Times as the API writes them, so that what is shown can be given back to <c>--at</c>.</summary>
internal static class Times
{
    public static string Show(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    public static string Show(DateTimeOffset? time, string otherwise) => time is { } known ? Show(known) : otherwise;
}
