namespace Mill.Sync.Requirements;

internal enum ExpressionTokenKind
{
    Name,
    Text,
    Dot,
    Opening,
    Closing,

    /// <summary>Whatever else there is: numbers, operators, parentheses.</summary>
    Other,
}

/// <summary>A part of an expression of GitHub Actions.</summary>
/// <param name="Start">Where its value begins: of a text, behind the quote.</param>
/// <param name="Value">Of a text, what is between the quotes.</param>
internal readonly record struct ExpressionToken(ExpressionTokenKind Kind, int Start, string Value)
{
    public bool Is(string name) => Kind is ExpressionTokenKind.Name && Value.Equals(name, StringComparison.OrdinalIgnoreCase);
}
