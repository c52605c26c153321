using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>The name of a secret in its tenant. Case matters; order is ordinal.</summary>
public readonly record struct SecretName : IComparable<SecretName>
{
    public const int MaxLength = 255;

    public const string Rule = "A name has 1 to 255 of A-Z a-z 0-9 _ . - /, starts with a letter, digit or _, and has no empty, '.' or '..' segment.";

    private const string FirstCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(FirstCharacters + ".-/");

    private static readonly SearchValues<char> AllowedFirst = SearchValues.Create(FirstCharacters);

    private SecretName(string value) => Value = value;

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, out SecretName name)
    {
        name = default;
        if (!IsValid(text)) return false;
        name = new(text!);
        return true;
    }

    /// <summary>Throws <see cref="MillError.InvalidName"/> with the rule.</summary>
    public static SecretName Parse(string? text) =>
        TryParse(text, out var name) ? name : throw new MillException(MillError.InvalidName, "This is not a valid name for a secret.") { Hint = Rule };

    /// <summary>Where names that start with a prefix begin in the order of names. The prefix itself need not be a valid name.</summary>
    public static SecretName LowerBound(string prefix) => new(prefix);

    public int CompareTo(SecretName other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;

    private static bool IsValid(ReadOnlySpan<char> text) =>
        text.Length is > 0 and <= MaxLength
        && AllowedFirst.Contains(text[0])
        && !text.ContainsAnyExcept(Allowed)
        && HasGoodSegments(text);

    private static bool HasGoodSegments(ReadOnlySpan<char> text)
    {
        foreach (var segment in text.Split('/'))
        {
            if (text[segment] is "" or "." or "..") return false;
        }
        return true;
    }
}
