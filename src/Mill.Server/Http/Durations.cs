using System.Globalization;
using Mill.Secrets;

namespace Mill.Server.Http;

/// <summary>Lengths of time as people write them: a whole number and s, m, h or d.</summary>
internal static class Durations
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    /// <summary>Throws <see cref="MillError.InvalidRequest"/>.</summary>
    public static TimeSpan Parse(string text, string member)
    {
        if (text is [.. var digits, var unit]
            && digits.Length <= 10
            && long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && UnitOf(unit) is { } length
            && number > 0
            && number <= Longest / length)
        {
            return number * length;
        }
        throw new MillException(MillError.InvalidRequest, $"{member} takes a whole number and s, m, h or d, up to ten years.") { Hint = "For example 12h or 90d." };
    }

    /// <summary>In the largest unit that fits without a rest.</summary>
    public static string Format(TimeSpan length)
    {
        foreach (var unit in "dhm")
        {
            if (length.Ticks % UnitOf(unit)!.Value.Ticks == 0) return string.Create(CultureInfo.InvariantCulture, $"{length / UnitOf(unit)!.Value:0}{unit}");
        }
        return string.Create(CultureInfo.InvariantCulture, $"{length.TotalSeconds:0}s");
    }

    private static TimeSpan? UnitOf(char unit) => unit switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}
