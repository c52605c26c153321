using System.Diagnostics.CodeAnalysis;
using Mill.Secrets;

namespace Mill.Core.Model;

/// <summary>A walled-off space of secrets. Two tenants may use the same name for different secrets.</summary>
public readonly record struct TenantId : IComparable<TenantId>
{
    public const string Rule = "A tenant has 1 to 63 of a-z 0-9 - _ and starts with a letter or digit.";

    private TenantId(string value) => Value = value;

    /// <summary>The tenant of those who name none.</summary>
    public static TenantId Default { get; } = new("default");

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, out TenantId tenant)
    {
        tenant = default;
        if (text is not { Length: > 0 and <= 63 } || text[0] is '-' or '_') return false;
        foreach (var c in text)
        {
            if (!(char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_')) return false;
        }
        tenant = new(text);
        return true;
    }

    /// <summary>Throws <see cref="MillError.InvalidRequest"/> with the rule.</summary>
    public static TenantId Parse(string? text) =>
        TryParse(text, out var tenant) ? tenant : throw new MillException(MillError.InvalidRequest, "This is not a valid tenant.") { Hint = Rule };

    public int CompareTo(TenantId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
