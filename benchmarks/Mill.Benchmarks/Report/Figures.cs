using System.Globalization;

namespace Mill.Benchmarks.Report;

/// <summary>Numbers as the table shows them, and the middle of several.</summary>
internal static class Figures
{
    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    public static string PerSecond(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:N0}/s");

    public static string Milliseconds(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00} ms");

    public static string Seconds(TimeSpan value) => string.Create(CultureInfo.InvariantCulture, $"{value.TotalSeconds:0.00} s");

    public static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0} MB");

    public static string Ratio(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:0.00}");

    /// <summary>From the lowest to the highest round, so that a reader sees how steady it was.</summary>
    public static string Spread(IReadOnlyCollection<double> values) => string.Create(CultureInfo.InvariantCulture, $"{values.Min():N0} to {values.Max():N0}");
}
