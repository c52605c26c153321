using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Documents;

/// <summary>The example on the page of the package.</summary>
public sealed class PackageReadmeTests
{
    [Fact]
    public async Task The_first_example_is_true()
    {
        await using var github = await FakeGitHub.StartAsync();
        var web = github.AddOrganization("acme").AddRepository("web");
        var token = github.AddToken(FakeToken.FineGrained("acme", "secrets=write"));
        using var keys = new DeployKeys(github.Address, token.Text); // your program
        await keys.EnsureAsync("acme/web", "DEPLOY_KEY", "s3cr3t");
        Assert.Equal("s3cr3t", web.Secrets.Text("DEPLOY_KEY")); // sealed by your program, opened by the fake
        Assert.Empty(github.Violations); // no request inside a Retry-After, none above a limit
    }
}
