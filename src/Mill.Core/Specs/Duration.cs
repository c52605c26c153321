using System.Globalization;
using System.Text;

namespace Mill.Core.Specs;

/// <summary>Lengths of time as people write them: <c>500ms</c>, <c>30s</c>, <c>1h30m</c>.</summary>
public static class Duration
{
    public const string Rule = "A length of time is a whole number and ms, s, m, h or d, or several of them: \"30s\", \"1h30m\".";

    public static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    private static readonly (string Name, TimeSpan Length)[] Units =
    [
        ("d", TimeSpan.FromDays(1)), ("h", TimeSpan.FromHours(1)), ("m", TimeSpan.FromMinutes(1)), ("s", TimeSpan.FromSeconds(1)), ("ms", TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>Null for a text that is none, and for more than <see cref="Longest"/>.</summary>
    public static TimeSpan? Parse(string text)
    {
        var rest = text.AsSpan().Trim();
        var length = TimeSpan.Zero;
        if (rest.Length is 0) return null;
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits <= 0 || !int.TryParse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
            rest = rest[digits..];
            var letters = rest.IndexOfAnyExceptInRange('a', 'z') is var end && end < 0 ? rest.Length : end;
            var name = rest[..letters].ToString();
            var unit = Array.Find(Units, unit => unit.Name == name).Length;
            if (unit == TimeSpan.Zero || number > (Longest - length) / unit) return null;
            length += number * unit;
            rest = rest[letters..].TrimStart();
        }
        return length;
    }

    /// <summary>What <see cref="Parse"/> reads as the same.</summary>
    public static string Format(TimeSpan length)
    {
        var text = new StringBuilder();
        foreach (var (name, unit) in Units)
        {
            var number = (long)(length / unit);
            if (number > 0) text.Append(CultureInfo.InvariantCulture, $"{number}{name}");
            length -= number * unit;
        }
        return text.Length > 0 ? text.ToString() : "0s";
    }
}
