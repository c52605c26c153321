using Mill.Core.Sync;
using Xunit;

namespace Mill.Tests.Sync;

public sealed class SecretScopesTests
{
    [Theory]
    [InlineData("acme/web")]
    [InlineData("acme/web:dependabot")]
    [InlineData("acme/web:codespaces")]
    [InlineData("acme/foo.github.io@production")]
    [InlineData("acme/web@blue@eu:west/1")]
    [InlineData("acme")]
    [InlineData("acme:dependabot")]
    public void What_is_written_is_read_again(string text)
    {
        Assert.True(SecretScopes.TryParse(text, out var scope, out _));
        Assert.Equal(text, scope.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("acme/")]
    [InlineData("acme/web/x")]
    [InlineData("acme/web@")]
    [InlineData("acme/web@a\nb")]
    [InlineData("acme/web@prod:dependabot")]
    [InlineData("acme/web:Dependabot")]
    [InlineData("acme/web:")]
    [InlineData("acme@prod")]
    [InlineData("-acme")]
    public void What_is_no_target_is_none(string text)
    {
        Assert.False(SecretScopes.TryParse(text, out _, out var reason));
        Assert.NotEmpty(reason);
    }
}
