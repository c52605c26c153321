using Mill.Node;
using Xunit;

namespace Mill.Tests.Containers;

public sealed class ExcerptTests
{
    [Theory]
    [InlineData("abcd", 4, "abcd")]
    [InlineData("abcde", 4, "abcd…")]
    [InlineData("abc😀e", 4, "abc…")]
    [InlineData("abc😀e", 5, "abc😀…")]
    public void A_text_is_cut_where_it_is_too_long_and_never_within_a_character(string text, int most, string expected) => Assert.Equal(expected, Excerpt.Of(text, most));
}
