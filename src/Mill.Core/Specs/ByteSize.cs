using System.Globalization;

namespace Mill.Core.Specs;

/// <summary>Sizes as people write them: <c>256M</c> is 256,000,000 bytes, <c>256Mi</c> is 256 × 2^20 (https://physics.nist.gov/cuu/Units/binary.html).</summary>
public static class ByteSize
{
    public const string Rule = "A size is a whole number and B, K, M, G or T, or Ki, Mi, Gi or Ti: \"256M\", \"1Gi\".";

    // The largest first: the first that divides a size evenly is how people would write it.
    private static readonly (string Name, long Bytes)[] Units =
    [
        ("Ti", 1L << 40), ("T", 1_000_000_000_000), ("Gi", 1L << 30), ("G", 1_000_000_000), ("Mi", 1L << 20), ("M", 1_000_000), ("Ki", 1L << 10), ("K", 1_000), ("B", 1),
    ];

    /// <summary>In bytes; null for a text that is none, and for nothing at all.</summary>
    public static long? Parse(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var name = text[digits..].Trim();
        var unit = name.Length is 0 ? 1 : Array.Find(Units, unit => unit.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Bytes;
        return unit > 0 && long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= long.MaxValue / unit ? number * unit : null;
    }

    /// <summary>What <see cref="Parse"/> reads as the same.</summary>
    public static string Format(long bytes)
    {
        var (name, unit) = Units.First(unit => bytes % unit.Bytes is 0 && bytes >= unit.Bytes);
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit}{name}");
    }

    /// <summary>For people: one digit after the point at most.</summary>
    public static string Rough(long bytes)
    {
        var (name, unit) = Units.FirstOrDefault(unit => unit.Name.EndsWith('i') && bytes >= unit.Bytes, ("B", 1));
        return string.Create(CultureInfo.InvariantCulture, $"{(decimal)bytes / unit:0.#}{name}");
    }
}
