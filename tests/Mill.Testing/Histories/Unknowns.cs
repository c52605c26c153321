namespace Mill.Testing.Histories;

/// <summary>How numbers that nobody was told are shown.</summary>
internal static class Unknowns
{
    public static string Or(this long? number, string otherwise) => number is { } known ? $"{known}" : otherwise;
}
