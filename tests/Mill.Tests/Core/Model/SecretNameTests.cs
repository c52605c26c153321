using Mill.Core.Model;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Core.Model;

public sealed class SecretNameTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("_")]
    [InlineData("0")]
    [InlineData("A.b-c_d/e")]
    [InlineData("a/.b")]
    [InlineData("a/...")]
    [InlineData("a/-")]
    [InlineData("a/1/2/3")]
    public void A_good_name_comes_back_as_it_was(string text)
    {
        Assert.True(SecretName.TryParse(text, out var name));
        Assert.Equal(text, name.Value);
        Assert.Equal(text, name.ToString());
        Assert.Equal(SecretName.Parse(text), name);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("-a")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/./b")]
    [InlineData("a/..")]
    [InlineData("../a")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0")]
    [InlineData("ä")]
    [InlineData("а")] // Cyrillic
    [InlineData("a%2F")]
    [InlineData("a\\b")]
    [InlineData("a:b")]
    [InlineData("a*")]
    public void A_bad_name_is_refused_and_not_quoted(string? text)
    {
        Assert.False(SecretName.TryParse(text, out _));
        var refused = Assert.Throws<MillException>(() => SecretName.Parse(text));
        Assert.Equal((MillError.InvalidName, SecretName.Rule), (refused.Error, refused.Hint));
    }

    [Fact]
    public void A_name_has_at_most_255_characters()
    {
        Assert.True(SecretName.TryParse(new string('a', 255), out _));
        Assert.False(SecretName.TryParse(new string('a', 256), out _));
    }

    [Fact]
    public void Case_matters_and_order_is_ordinal()
    {
        string[] names = ["_", "a", "B", "A", "a/b", "a.b", "a-b", "0", "aa"];
        Assert.Equal(names.Order(StringComparer.Ordinal), names.Select(SecretName.Parse).Order().Select(name => name.Value));
        Assert.NotEqual(SecretName.Parse("a"), SecretName.Parse("A"));
    }

    [Theory]
    [InlineData("default", true)]
    [InlineData("0-a_b", true)]
    [InlineData("-a", false)]
    [InlineData("_a", false)]
    [InlineData("A", false)]
    [InlineData("a/b", false)]
    [InlineData("a.b", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("é", false)]
    public void Tenants_have_a_rule_of_their_own(string? text, bool isGood) => Assert.Equal(isGood, TenantId.TryParse(text, out _));

    [Fact]
    public void A_tenant_has_at_most_63_characters()
    {
        Assert.True(TenantId.TryParse(new string('a', 63), out _));
        Assert.Throws<MillException>(() => TenantId.Parse(new string('a', 64)));
    }
}
