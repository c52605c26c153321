using System.Buffers;

namespace Mill.Core.Specs;

/// <summary>The name of a service or a task. It is a part of a host name (RFC 1123, 2.1).</summary>
public static class WorkloadName
{
    public const int MaxLength = 40;

    public const string Rule = "A name has 1 to 40 of a-z 0-9 -, begins with a letter, and does not end with -.";

    private static readonly SearchValues<char> Allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= MaxLength && char.IsAsciiLetterLower(name[0]) && name[^1] is not '-' && !name.ContainsAnyExcept(Allowed);
}
