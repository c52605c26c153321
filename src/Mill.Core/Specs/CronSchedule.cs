using System.Globalization;

namespace Mill.Core.Specs;

/// <summary>
/// When something happens again and again, as cron has it (POSIX.1-2024, crontab): minute, hour, day of the month, month, day of the week; <c>*</c>, lists, ranges and steps; names of months and days; in UTC, where no hour is
/// there twice. Where both days are limited, either will do.
/// </summary>
public sealed class CronSchedule
{
    private static readonly (string Name, int Least, int Most, string[] Names)[] Fields =
    [
        ("minute", 0, 59, []),
        ("hour", 0, 23, []),
        ("day of the month", 1, 31, []),
        ("month", 1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
        ("day of the week", 0, 7, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ];

    // A date may come only every eight years (29 February around 2100).
    private const int FurthestYears = 9;

    private readonly ulong[] _sets;
    private readonly bool _isEitherDay;

    private CronSchedule(ulong[] sets, bool isEitherDay) => (_sets, _isEitherDay) = (sets, isEitherDay);

    /// <summary>Null where the text is none.</summary>
    public static CronSchedule? Parse(string text) => Parse(text, out _);

    /// <summary>The first time after a moment, of a text that was found to be one before; null where it is none, or there is no such time.</summary>
    public static DateTimeOffset? Next(string text, DateTimeOffset moment) => Read(text, out _)?.After(moment);

    /// <summary>What is wrong with a text; null where it is one.</summary>
    public static string? WhyNot(string text) => Parse(text, out var reason) is null ? reason : null;

    /// <summary>The first time after a moment; null where there is none, such as for 30 February.</summary>
    public DateTimeOffset? After(DateTimeOffset moment)
    {
        var utc = moment.UtcDateTime;
        var at = new DateTime(utc.Year, utc.Month, utc.Day, utc.Hour, utc.Minute, 0, DateTimeKind.Utc).AddMinutes(1);
        var end = at.AddYears(FurthestYears);
        while (at < end)
        {
            if (!Has(3, at.Month)) at = new DateTime(at.Year, at.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
            else if (!IsDay(at)) at = at.Date.AddDays(1);
            else if (!Has(1, at.Hour)) at = at.Date.AddHours(at.Hour + 1);
            else if (!Has(0, at.Minute)) at = at.AddMinutes(1);
            else return new(at);
        }
        return null;
    }

    private static CronSchedule? Parse(string text, out string reason)
    {
        if (Read(text, out reason) is not { } schedule) return null;
        reason = "there is no such day";
        return schedule.After(new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)) is null ? null : schedule;
    }

    private static CronSchedule? Read(string text, out string reason)
    {
        var parts = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        reason = "it has five parts, such as \"0 6 * * 1-5\": minute, hour, day of the month, month, day of the week";
        if (parts.Length != Fields.Length) return null;
        var sets = new ulong[Fields.Length];
        for (var i = 0; i < Fields.Length; i++)
        {
            foreach (var item in parts[i].Split(','))
            {
                if (Item(item, i) is not { } values)
                {
                    reason = $"this is no {Fields[i].Name}: a number from {Fields[i].Least} to {Fields[i].Most}, *, a range such as 1-5, a step such as */10, or several of them with commas between";
                    return null;
                }
                sets[i] |= values;
            }
        }
        // Sunday has two numbers.
        if ((sets[4] & (1UL << 7)) != 0) sets[4] |= 1;
        return new(sets, !parts[2].StartsWith('*') && !parts[4].StartsWith('*'));
    }

    private static ulong? Item(string text, int field)
    {
        var (_, least, most, _) = Fields[field];
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var range = slash < 0 ? text : text[..slash];
        if (slash >= 0 && !int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _)) return null;
        var step = slash < 0 ? 1 : int.Parse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        if (step < 1) return null;
        int? from = least, to = most;
        if (range is not "*")
        {
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            from = Number(dash < 0 ? range : range[..dash], field);
            to = dash >= 0 ? Number(range[(dash + 1)..], field) : slash < 0 ? from : most;
        }
        if (from > to || from is null || to is null) return null;
        var values = 0UL;
        for (var value = from.Value; value <= to; value += step) values |= 1UL << value;
        return values;
    }

    private static int? Number(string text, int field)
    {
        var (_, least, most, names) = Fields[field];
        if (Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is >= 0 and var index) return index + least;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null;
    }

    private bool Has(int field, int value) => (_sets[field] & (1UL << value)) != 0;

    private bool IsDay(DateTime at)
    {
        var (isOfMonth, isOfWeek) = (Has(2, at.Day), Has(4, (int)at.DayOfWeek));
        return _isEitherDay ? isOfMonth || isOfWeek : isOfMonth && isOfWeek;
    }
}
