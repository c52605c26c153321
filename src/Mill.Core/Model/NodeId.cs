using System.Diagnostics.CodeAnalysis;

namespace Mill.Core.Model;

/// <summary>Names one node for ever: 16 hex digits, drawn when it joins and never given to another, so that what a removed node holds fits nobody.</summary>
public readonly record struct NodeId : IComparable<NodeId>
{
    private const int Length = 16;

    private NodeId(string value) => Value = value;

    public string Value { get; }

    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id)
    {
        id = default;
        if (text is not { Length: Length } || !text.All(c => char.IsAsciiDigit(c) || c is >= 'a' and <= 'f')) return false;
        id = new(text);
        return true;
    }

    /// <summary>The id that eight random bytes stand for.</summary>
    public static NodeId From(ReadOnlySpan<byte> random) =>
        random.Length == Length / 2 ? new(Convert.ToHexStringLower(random)) : throw new ArgumentException("A node id has 8 bytes.", nameof(random));

    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
