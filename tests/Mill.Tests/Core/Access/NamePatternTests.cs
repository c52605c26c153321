using System.Text.RegularExpressions;
using Mill.Core.Access;
using Mill.Core.Model;
using Xunit;

namespace Mill.Tests.Core.Access;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "ab", false)]
    [InlineData("a", "A", false)]
    [InlineData("*", "a/b.c", true)]
    [InlineData("app.*", "app.db", true)]
    [InlineData("app.*", "app.", true)]
    [InlineData("app.*", "app", false)]
    [InlineData("app.*", "xapp.db", false)]
    [InlineData("ci/*", "ci/a/b", true)]
    [InlineData("*/key", "a/b/key", true)]
    [InlineData("*/key", "key", false)]
    [InlineData("a*b*c", "aXbXbXc", true)]
    [InlineData("a*b*c", "aXcXb", false)]
    [InlineData("**", "a", true)]
    [InlineData("a.c", "abc", false)]
    [InlineData("*a", "aab", false)]
    public void A_star_stands_for_any_run_of_characters(string pattern, string name, bool matches) => Assert.Equal(matches, NamePattern.Matches(pattern, name));

    [Fact]
    public void Matching_agrees_with_a_regular_expression()
    {
        var random = new Random(1);
        for (var i = 0; i < 20_000; i++)
        {
            var (pattern, name) = (AText(random, "ab/*", 8), AText(random, "ab/", 10));
            var expression = "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal) + "$";
            Assert.True(Regex.IsMatch(name, expression) == NamePattern.Matches(pattern, name), $"{pattern} {name}");
        }
    }

    [Fact]
    public void A_pattern_of_many_stars_takes_no_long_time()
    {
        var pattern = string.Concat(Enumerable.Repeat("a*", 127)) + "b";
        Assert.False(NamePattern.Matches(pattern, new string('a', 255)));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("app.*", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("a b", false)]
    [InlineData("a?", false)]
    [InlineData("é*", false)]
    public void A_pattern_has_the_characters_of_a_name_and_stars(string? pattern, bool isValid) => Assert.Equal(isValid, NamePattern.IsValid(pattern));

    [Fact]
    public void Deny_wins_over_allow_and_nothing_means_everything()
    {
        Assert.True(Samples.Caller().Sees(SecretName.Parse("a")));
        Assert.True(Samples.Caller(allow: "app.*").Sees(SecretName.Parse("app.db")));
        Assert.False(Samples.Caller(allow: "app.*").Sees(SecretName.Parse("ci")));
        Assert.False(Samples.Caller(allow: "app.*", deny: "*.db").Sees(SecretName.Parse("app.db")));
        Assert.False(Samples.Caller(deny: "a*").Sees(SecretName.Parse("a")));
        Assert.True(Samples.Caller(deny: "a*").Sees(SecretName.Parse("b")));
    }

    private static string AText(Random random, string alphabet, int length) =>
        string.Concat(Enumerable.Range(0, random.Next(length)).Select(_ => alphabet[random.Next(alphabet.Length)]));
}
