using Mill.Core.Model;

namespace Mill.Core.Access;

/// <summary>A pattern of names: as a name, with <c>*</c> for any run of characters, none and <c>/</c> included.</summary>
public static class NamePattern
{
    public const int MaxCount = 64;

    public const string Rule = "A pattern has 1 to 255 of A-Z a-z 0-9 _ . - / and *, where * stands for any run of characters.";

    public static bool IsValid(string? pattern)
    {
        if (pattern is not { Length: > 0 and <= SecretName.MaxLength }) return false;
        foreach (var c in pattern)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or '/' or '*')) return false;
        }
        return true;
    }

    /// <summary>Takes time in the product of the lengths at worst: on a mismatch only the last star is tried again.</summary>
    public static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (p, n) = (0, 0);
        var (star, resume) = (-1, 0);
        while (n < name.Length)
        {
            if (p < pattern.Length && pattern[p] == '*') (star, resume, p) = (p, n, p + 1);
            else if (p < pattern.Length && pattern[p] == name[n]) (p, n) = (p + 1, n + 1);
            else if (star >= 0) (resume, n, p) = (resume + 1, resume + 1, star + 1);
            else return false;
        }
        return pattern[p..].TrimStart('*').IsEmpty;
    }
}
