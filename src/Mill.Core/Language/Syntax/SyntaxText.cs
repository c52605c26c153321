using System.Globalization;
using System.Text;

namespace Mill.Core.Language.Syntax;

/// <summary>What a file says, without how it is written: the same for two that mean the same.</summary>
internal static class SyntaxText
{
    public static string Of(BodySyntax body)
    {
        var text = new StringBuilder();
        Write(text, body);
        return text.ToString();
    }

    private static void Write(StringBuilder text, BodySyntax body)
    {
        foreach (var attribute in body.Attributes)
        {
            Write(text, attribute.Name);
            Write(text.Append('='), attribute.Value);
        }
        foreach (var block in body.Blocks)
        {
            Write(text, block.Name);
            foreach (var label in block.Labels) Write(text, label);
            Write(text.Append('{'), block.Body);
            text.Append('}');
        }
    }

    private static void Write(StringBuilder text, ValueSyntax value)
    {
        if (value is TextSyntax said) Write(text, said.Text);
        else if (value is NumberSyntax number) text.Append(CultureInfo.InvariantCulture, $"{number.Value};");
        else if (value is BoolSyntax truth) text.Append(truth.Value).Append(';');
        else if (value is ListSyntax list)
        {
            text.Append('[');
            foreach (var item in list.Items) Write(text, item);
            text.Append(']');
        }
    }

    /// <summary>With its length, so that nothing in it is taken for what stands around it.</summary>
    private static void Write(StringBuilder text, string said) => text.Append(CultureInfo.InvariantCulture, $"{said.Length}:").Append(said);
}
