using System.Collections.Immutable;

namespace Mill.Core.Language.Syntax;

/// <summary>What stands between braces, or in a whole file.</summary>
internal sealed record BodySyntax(ImmutableArray<AttributeSyntax> Attributes, ImmutableArray<BlockSyntax> Blocks);

/// <summary>A name, texts, and a body.</summary>
/// <param name="Type">Where its name stands.</param>
/// <param name="Labels">The texts between its name and its body.</param>
internal sealed record BlockSyntax(string Name, TextSpan Type, ImmutableArray<TextSyntax> Labels, BodySyntax Body);

/// <summary>A name and its value.</summary>
internal sealed record AttributeSyntax(string Name, TextSpan Key, ValueSyntax Value);

internal abstract record ValueSyntax(TextSpan Span);

/// <summary>A text, its escapes resolved, with references still in it.</summary>
/// <param name="Places">Where each character of it stands in the file.</param>
internal sealed record TextSyntax(TextSpan Span, string Text, ImmutableArray<int> Places) : ValueSyntax(Span)
{
    /// <summary>Where a character of the text stands in the file.</summary>
    public int PlaceOf(int index) => index < Places.Length ? Places[index] : Span.End;
}

internal sealed record NumberSyntax(TextSpan Span, decimal Value) : ValueSyntax(Span);

internal sealed record BoolSyntax(TextSpan Span, bool Value) : ValueSyntax(Span);

internal sealed record ListSyntax(TextSpan Span, ImmutableArray<ValueSyntax> Items) : ValueSyntax(Span);

/// <summary>What is none; that was told.</summary>
internal sealed record WrongSyntax(TextSpan Span) : ValueSyntax(Span);
