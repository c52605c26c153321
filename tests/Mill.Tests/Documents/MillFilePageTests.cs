using System.Text.Json;
using Mill.Core.Language;
using Mill.Core.Language.Grammar;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The page of the language, and the schema beside it, say what its rules say.</summary>
public sealed class MillFilePageTests
{
    [Fact]
    public void The_page_and_the_schema_are_those_of_the_rules()
    {
        // A changed rule is written into both by: dotnet exec artifacts/bin/Mill.Tests/release/Mill.Tests.dll language
        Assert.Equal(MillReference.Page(File.ReadAllText(MillFilePage.Path)), File.ReadAllText(MillFilePage.Path));
        Assert.Equal(MillSchema.Text(), File.ReadAllText(MillFilePage.SchemaPath));
    }

    [Fact]
    public void The_schema_says_what_every_key_means()
    {
        var schema = MillSchema.Text();
        using var document = JsonDocument.Parse(schema);
        Assert.Equal("object", document.RootElement.GetProperty("type").GetString());
        Assert.All(Keys(MillGrammar.File).Where(key => key.Name is not ("tcp" or "NAME" or "LABEL")), key => Assert.Contains(JsonEncodedText.Encode(key.Meaning, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(), schema, StringComparison.Ordinal));
    }

    private static IEnumerable<KeyRule> Keys(BlockRule block) => block.Keys.Concat(block.Blocks.SelectMany(Keys));
}
