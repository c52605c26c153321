using System.Text;
using Mill.Core.Language.Grammar;

namespace Mill.Core.Language;

/// <summary>The page that says what may stand in a file, made from its rules.</summary>
public static class MillReference
{
    /// <summary>What stands above it in a page was written by hand, and stays.</summary>
    private const string Mark = "<!-- What follows is made of the rules of the language, and a test compares it with them. -->\n";

    /// <summary>A page, with what its rules say now below its mark.</summary>
    public static string Page(string page) => $"{page[..(page.IndexOf(Mark, StringComparison.Ordinal) + Mark.Length)]}\n{Text().TrimEnd('\n')}\n";

    public static string Text()
    {
        var page = new StringBuilder();
        foreach (var block in MillGrammar.File.Blocks) Write(page, block, [], 2);
        return page.ToString();
    }

    private static void Write(StringBuilder page, BlockRule block, string[] parents, int level)
    {
        page.Append('#', level).Append(' ').Append(string.Join(" › ", [.. parents, block.Name])).Append("\n\n");
        page.Append(block.Meaning);
        if (block.Label is not null) page.Append(" The text behind ").Append(block.Name).Append(" is ").Append(block.Label).Append('.');
        page.Append("\n\n```hcl\n").Append(block.Example.ReplaceLineEndings("\n")).Append("\n```\n\n");
        var keys = block.Others is { } others ? [.. block.Keys, others] : block.Keys;
        if (keys.Length > 0)
        {
            page.Append("| key | what | without it | |\n|---|---|---|---|\n");
            foreach (var key in keys) page.Append("| `").Append(key.Name).Append("` | ").Append(What(key)).Append(" | ").Append(Without(key)).Append(" | ").Append(key.Meaning).Append(" |\n");
            page.Append('\n');
        }
        foreach (var child in block.Blocks) Write(page, child, [.. parents, block.Name], Math.Min(level + 1, 4));
    }

    private static string Without(KeyRule key) => key switch
    {
        { IsRequired: true } => "an error",
        { Default: { } value, Kind: ValueKind.Number or ValueKind.Whole or ValueKind.Bool } => $"`{value}`",
        { Default: { } value } => $"`\"{value}\"`",
        _ => "–",
    };

    private static string What(KeyRule key) => key.Kind switch
    {
        ValueKind.Text => "text",
        ValueKind.Template => "text with references",
        ValueKind.Number => "number",
        ValueKind.Whole => "whole number",
        ValueKind.Bool => "`true` or `false`",
        ValueKind.Size => "size",
        ValueKind.Duration => "length of time",
        ValueKind.Choice => string.Join(" or ", key.Choices.Select(choice => $"`\"{choice}\"`")),
        _ => "list of texts",
    };
}
