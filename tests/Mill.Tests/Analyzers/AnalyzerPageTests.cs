using System.Text.RegularExpressions;
using Xunit;

namespace Mill.Tests.Analyzers;

/// <summary>The page about the rules: every example on it is compiled, and breaks what it says.</summary>
public sealed partial class AnalyzerPageTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "analyzers.md"));

    public static TheoryData<string> Examples => new(Blocks().Matches(Page).Select(block => block.Groups[1].Value));

    [Theory]
    [MemberData(nameof(Examples))]
    public Task Every_example_breaks_the_rules_that_it_says(string example) => Analysis.HoldsAsync(example);

    [Fact]
    public void Every_rule_has_a_chapter_with_an_example_of_it()
    {
        foreach (var rule in Analysis.Rules)
        {
            Assert.Contains($"## {rule.Id}: {rule.Title}\n", Page, StringComparison.Ordinal);
            Assert.Contains(Blocks().Matches(Page), block => block.Value.Contains($"// {rule.Id}", StringComparison.Ordinal));
        }
        Assert.Equal(4, Analysis.Rules.Count());
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Blocks();
}
