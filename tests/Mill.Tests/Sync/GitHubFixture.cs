using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Testing.GitHub;

namespace Mill.Tests.Sync;

/// <summary>The organization acme with its repository web, and a client that nobody waits for.</summary>
internal sealed class GitHubFixture : IAsyncDisposable
{
    private readonly List<IDisposable> _clients = [];

    private GitHubFixture(FakeGitHub server, HastyTime time) => (Server, Time) = (server, time);

    public FakeGitHub Server { get; }

    public HastyTime Time { get; }

    public FakeOwner Acme { get; private init; } = null!;

    public FakeRepository Web { get; private init; } = null!;

    public RepositoryName WebName { get; } = RepositoryName.TryParse("acme/web", out var name) ? name : null!;

    public SecretScope WebScope => SecretScope.Of(WebName);

    public static async Task<GitHubFixture> StartAsync()
    {
        var time = new HastyTime();
        var server = await FakeGitHub.StartAsync(new() { Time = time });
        var acme = server.AddOrganization("acme");
        return new(server, time) { Acme = acme, Web = acme.AddRepository("web") };
    }

    /// <summary>With a token that may do all.</summary>
    public GitHubClient Connect() => Connect(Server.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org")));

    public GitHubClient Connect(FakeToken token) => Connect(new TokenCredentials(SecretValue.FromText(token.Text)));

    public GitHubClient Connect(IGitHubCredentials credentials) => Connect(credentials, options => options);

    /// <summary>With a token that may do all.</summary>
    public GitHubClient Connect(TimeSpan patience, IReadOnlyList<DateTimeOffset> earlierWrites) =>
        Connect(new TokenCredentials(SecretValue.FromText(Server.AddToken(FakeToken.Classic(["acme"], "repo")).Text)), options => options with { Patience = patience, EarlierWrites = earlierWrites });

    private GitHubClient Connect(IGitHubCredentials credentials, Func<GitHubOptions, GitHubOptions> change)
    {
        var client = new GitHubClient(change(Options(credentials)));
        _clients.Add(client);
        if (credentials is IDisposable disposable) _clients.Add(disposable);
        return client;
    }

    public GitHubOptions Options(IGitHubCredentials credentials) => new() { Address = Server.Address, Credentials = credentials, Time = Time, Timeout = HastyTime.Never };

    public static async Task<bool> SetAsync(GitHubClient client, SecretScope scope, string name, string text)
    {
        using var value = SecretValue.FromText(text);
        return await client.SetSecretAsync(scope, name, value, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Server.DisposeAsync();
    }
}
