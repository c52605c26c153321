using Mill.Commands;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>Which token goes where: the rows of the table in docs/sync.md.</summary>
public sealed class GitHubTokenTests
{
    private const string GitHubs = "GH_PAT GITHUB_TOKEN GH_TOKEN";
    private const string Others = "GH_PAT GH_ENTERPRISE_TOKEN GITHUB_ENTERPRISE_TOKEN";

    [Theory]
    [InlineData("", GitHubs)]
    [InlineData("GH_HOST=github.com", GitHubs)]
    [InlineData("GH_HOST=acme.ghe.com", GitHubs)]
    [InlineData("GITHUB_API_URL=https://api.github.com", GitHubs)]
    [InlineData("GH_HOST=ghe.example", Others)]
    [InlineData("GITHUB_SERVER_URL=https://ghe.example", Others)]
    [InlineData("GITHUB_API_URL=https://ghe.example/api/v3", Others)]
    [InlineData("GH_HOST=github.com.example", Others)]
    [InlineData("GH_HOST=api.github.com.example", Others)]
    [InlineData("GH_HOST=ghe.com", Others)]
    [InlineData("GH_HOST=notghe.com", Others)]
    public void A_token_of_github_com_is_for_github_com(string variables, string expected) => Assert.Equal(expected.Split(' '), VariablesOf(variables));

    [Theory]
    [InlineData("GITHUB_SERVER_URL=https://github.com", GitHubs)]
    [InlineData("GITHUB_SERVER_URL=https://github.com GITHUB_API_URL=https://api.github.com", GitHubs)]
    [InlineData("GITHUB_SERVER_URL=https://acme.ghe.com GITHUB_API_URL=https://api.acme.ghe.com", GitHubs)]
    [InlineData("GITHUB_SERVER_URL=https://ghe.example GITHUB_API_URL=https://ghe.example/api/v3", Others + " GITHUB_TOKEN")]
    [InlineData("GITHUB_SERVER_URL=https://ghe.example", Others + " GITHUB_TOKEN")]
    [InlineData("GITHUB_SERVER_URL=https://github.com GITHUB_API_URL=https://ghe.example/api/v3", Others)]
    [InlineData("GITHUB_SERVER_URL=https://ghe.example GITHUB_API_URL=https://other.example/api/v3", Others)]
    [InlineData("GITHUB_SERVER_URL=https://ghe.example GITHUB_API_URL=https://api.github.com", "GH_PAT GH_TOKEN")]
    [InlineData("GITHUB_SERVER_URL=https://acme.ghe.com GITHUB_API_URL=https://api.github.com", "GH_PAT GH_TOKEN")]
    [InlineData("GITHUB_SERVER_URL=what GITHUB_API_URL=https://ghe.example/api/v3", Others)]
    public void The_token_of_a_run_is_for_the_server_of_the_run(string variables, string expected) => Assert.Equal(expected.Split(' '), VariablesOf("GITHUB_ACTIONS=true " + variables));

    [Fact]
    public void A_token_of_github_com_is_none_for_another_host_and_that_is_said()
    {
        var session = SessionOf("GH_HOST=ghe.example GH_TOKEN=ghp_of_github_com GITHUB_TOKEN=ghs_of_github_com");
        var failure = Assert.Throws<MillException>(() => GitHubConnection.Open(session.Host()));
        Assert.Equal(MillError.Unauthenticated, failure.Error);
        Assert.StartsWith("ghe.example is not github.com: set GH_PAT, or GH_ENTERPRISE_TOKEN", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_token_of_github_com_the_hint_says_what_one_needs()
    {
        var failure = Assert.Throws<MillException>(() => GitHubConnection.Open(SessionOf("GH_ENTERPRISE_TOKEN=of_another").Host()));
        Assert.Equal("No auth token (GH_PAT or GITHUB_TOKEN) available.", failure.Message);
        Assert.StartsWith("Set GH_PAT to a personal access token that may read the secrets of the repository", failure.Hint, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> VariablesOf(string variables)
    {
        var host = SessionOf(variables).Host();
        return GitHubToken.Variables(host, GitHubConnection.Address(host));
    }

    private static Session SessionOf(string variables)
    {
        var session = new Session();
        foreach (var pair in variables.Split(' ', StringSplitOptions.RemoveEmptyEntries)) session.Variables[pair[..pair.IndexOf('=', StringComparison.Ordinal)]] = pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..];
        return session;
    }
}
