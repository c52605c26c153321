using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Model;

namespace Mill.Core.Specs;

/// <summary>A text with references in it, as somebody wrote it: <c>${secret(NAME)}</c>, <c>${service.NAME.address}</c>, and <c>$${</c> for <c>${</c> itself.</summary>
[JsonConverter(typeof(TemplateConverter))]
public sealed record Template(string Source)
{
    /// <summary>One after the other; read anew every time.</summary>
    [JsonIgnore]
    public IEnumerable<TemplatePart> Parts => TemplateReader.Read(Source);

    [JsonIgnore]
    public IEnumerable<SecretName> Secrets => Parts.Where(part => part.Kind is TemplatePartKind.Secret).Select(part => SecretName.Parse(part.Text));

    /// <summary>The names of the services whose address it holds.</summary>
    [JsonIgnore]
    public IEnumerable<string> Services => Parts.Where(part => part.Kind is TemplatePartKind.Address).Select(part => part.Text);

    /// <summary>One that says exactly this.</summary>
    public static Template Literal(string text) => new(text.Replace("${", "$${", StringComparison.Ordinal));

    public override string ToString() => Source;
}

public enum TemplatePartKind
{
    /// <summary>Text that stands for itself.</summary>
    Literal,

    /// <summary>The name of a secret.</summary>
    Secret,

    /// <summary>The name of a service.</summary>
    Address,

    /// <summary>What is wrong here.</summary>
    Wrong,
}

/// <param name="Place">Where it begins in the source.</param>
public readonly record struct TemplatePart(TemplatePartKind Kind, string Text, int Place);

/// <summary>Finds the references of a text.</summary>
internal static class TemplateReader
{
    private const string Kinds = "Known are ${secret(NAME)} and ${service.NAME.address}. Write $${ for ${ itself.";

    public static IEnumerable<TemplatePart> Read(string source)
    {
        var (literal, start) = (new StringBuilder(), 0);
        for (var place = 0; place < source.Length;)
        {
            if (literal.Length is 0) start = place;
            var rest = source.AsSpan(place);
            if (rest.StartsWith("$${", StringComparison.Ordinal))
            {
                literal.Append("${");
                place += 3;
            }
            else if (rest.StartsWith("${", StringComparison.Ordinal))
            {
                if (literal.Length > 0) yield return new(TemplatePartKind.Literal, literal.ToString(), start);
                literal.Clear();
                var end = source.IndexOf('}', place);
                yield return end < 0 ? new(TemplatePartKind.Wrong, $"unclosed reference: a }} is missing. {Kinds}", place) : Reference(source[(place + 2)..end].Trim(), place);
                if (end < 0) yield break;
                place = end + 1;
            }
            else
            {
                literal.Append(source[place++]);
            }
        }
        if (literal.Length > 0) yield return new(TemplatePartKind.Literal, literal.ToString(), start);
    }

    private static TemplatePart Reference(string text, int place)
    {
        if (text.StartsWith("secret(", StringComparison.Ordinal) && text.EndsWith(')'))
        {
            var name = text[7..^1].Trim();
            if (name.Length is 0) return new(TemplatePartKind.Wrong, "empty secret name", place);
            return SecretName.TryParse(name, out _) ? new(TemplatePartKind.Secret, name, place) : new(TemplatePartKind.Wrong, $"this is not the name of a secret. {SecretName.Rule}", place);
        }
        if (text.StartsWith("service.", StringComparison.Ordinal) && text.EndsWith(".address", StringComparison.Ordinal))
        {
            // "service.address" is both beginning and end.
            var name = text.Length > 15 ? text[8..^8] : "";
            if (name.Length is 0) return new(TemplatePartKind.Wrong, "empty service name", place);
            return WorkloadName.IsValid(name) ? new(TemplatePartKind.Address, name, place) : new(TemplatePartKind.Wrong, $"this is not the name of a service. {WorkloadName.Rule}", place);
        }
        return new(TemplatePartKind.Wrong, $"unknown interpolation. {Kinds}", place);
    }
}

internal sealed class TemplateConverter : JsonConverter<Template>
{
    public override Template Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetString() ?? throw new JsonException("a text is missing"));

    public override void Write(Utf8JsonWriter writer, Template value, JsonSerializerOptions options) => writer.WriteStringValue(value.Source);
}
