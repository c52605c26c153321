using Mill.Sync.Requirements;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class ExpressionsTests
{
    [Theory]
    [InlineData("a ${{ b }} c", " b ")]
    [InlineData("${{a}}${{ b }}", "a| b ")]
    [InlineData("${{ '}}' }} x }}", " '}}' ")]
    [InlineData("${{ 'it''s }}' }}", " 'it''s }}' ")]
    [InlineData("${{ open", " open")]
    [InlineData("${{ 'open }}", " 'open }}")]
    [InlineData("{{ a }} $ {{ b }} $${{ c }}", " c ")]
    [InlineData("${{", "")]
    [InlineData("${{}}", "")]
    public void What_stands_in_braces_is_found(string text, string expected) => Assert.Equal(expected, string.Join('|', Expressions.In(text).Select(range => text[range])));

    [Theory]
    [InlineData("secrets.A", "Name:secrets Dot:. Name:A")]
    [InlineData("Secrets [ 'it''s' ]", "Name:Secrets Opening:[ Text:it's Closing:]")]
    [InlineData("a-b_c.d", "Name:a-b_c Dot:. Name:d")]
    [InlineData("1.5e3 == 0xF", "Other:1.5e3 Other:= Other:= Other:0xF")]
    [InlineData("f(a, 'b')", "Name:f Other:( Name:a Other:, Text:b Other:)")]
    [InlineData("'open", "Text:open")]
    [InlineData("''", "Text:")]
    [InlineData("a.*", "Name:a Dot:. Other:*")]
    public void An_expression_falls_into_its_parts(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', Expressions.Read(text, Range.All).Select(token => $"{token.Kind}:{token.Value}")));

    [Fact]
    public void Any_text_is_read_to_its_end()
    {
        var random = new Random(7);
        const string Characters = "${}[]().'' secretsAB_-1\n*";
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => Characters[random.Next(Characters.Length)]));
            foreach (var range in Expressions.In(text).Append(Range.All))
            {
                var places = Expressions.Read(text, range).ConvertAll(token => token.Start);
                Assert.Equal(places.Order(), places);
                Assert.All(places, place => Assert.InRange(place, range.Start.GetOffset(text.Length), range.End.GetOffset(text.Length)));
            }
        }
    }
}
