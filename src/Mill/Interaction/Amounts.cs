using System.Globalization;
using Mill.Core.Specs;

namespace Mill.Interaction;

/// <summary>Numbers and lengths of time as people read them.</summary>
internal static class Amounts
{
    /// <summary>Cores: whole ones without a point, others with what counts behind it.</summary>
    public static string Cores(decimal cores) => cores.ToString("0.##", CultureInfo.InvariantCulture);

    public static string Cores(double cores) => cores.ToString("0.##", CultureInfo.InvariantCulture);

    public static string Memory(long bytes) => ByteSize.Rough(bytes);

    /// <summary>What is taken of what may be taken; the former is - where nobody measured, so that what reads it finds one form.</summary>
    public static string Share(string? used, string most) => $"{used ?? "-"}/{most}";

    /// <summary>In two units at most: 4.2s, 3m10s, 2h5m, 3d4h.</summary>
    public static string Length(TimeSpan length)
    {
        if (length < TimeSpan.Zero) length = TimeSpan.Zero;
        if (length < TimeSpan.FromSeconds(60)) return string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(length.TotalSeconds * 10) / 10:0.#}s");
        if (length < TimeSpan.FromHours(1)) return string.Create(CultureInfo.InvariantCulture, $"{length.Minutes}m{length.Seconds}s");
        if (length < TimeSpan.FromDays(1)) return string.Create(CultureInfo.InvariantCulture, $"{length.Hours}h{length.Minutes}m");
        return string.Create(CultureInfo.InvariantCulture, $"{length.Days}d{length.Hours}h");
    }

    public static string Percent(long done, long total) => total <= 0 ? "0%" : string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(done * 100.0 / total, 0, 100):0}%");
}
