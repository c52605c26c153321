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
    /// <param name="earlierWrites">What others noted.</param>
    public GitHubClient Connect(TimeSpan patience, IReadOnlyList<DateTimeOffset> earlierWrites)
    {
        var vault = new MemoryVault();
        _ = vault.WriteTimesAsync(new([.. earlierWrites], null), null, CancellationToken.None);
        return Connect(patience, new SharedWriteLog(vault, Time));
    }

    /// <summary>With a token that may do all.</summary>
    public GitHubClient Connect(TimeSpan patience, SharedWriteLog log) =>
        Connect(new TokenCredentials(SecretValue.FromText(Server.AddToken(FakeToken.Classic(["acme"], "repo")).Text)), options => options with { Patience = patience, Log = log });

    /// <summary>With a token that may do all, and a patience of a quarter of an hour.</summary>
    public GitHubClient Connect(WaitNote note) =>
        Connect(new TokenCredentials(SecretValue.FromText(Server.AddToken(FakeToken.Classic(["acme"], "repo")).Text)), options => options with { Note = note });

    /// <summary>As if the server were somebody's own; with a token that may do all.</summary>
    public GitHubClient ConnectEnterprise() => Connect(new TokenCredentials(SecretValue.FromText(Server.AddToken(FakeToken.Classic(["acme"], "repo")).Text)), options => options with { Address = Server.EnterpriseAddress });

    private GitHubClient Connect(IGitHubCredentials credentials, Func<GitHubOptions, GitHubOptions> change)
    {
        var client = new GitHubClient(change(Options(credentials)));
        _clients.Add(client);
        return client;
    }

    public GitHubOptions Options(IGitHubCredentials credentials) => new() { Address = Server.Address, Credentials = credentials, Time = Time, Timeout = HastyTime.Never };

    /// <summary>Sets it, whatever is there. True where there was none before.</summary>
    public static async Task<bool> SetAsync(GitHubClient client, SecretScope scope, string name, string text)
    {
        using var value = SecretValue.FromText(text);
        return await SetAsync(client, scope, name, value);
    }

    /// <summary>Sets it, whatever is there. True where there was none before.</summary>
    public static async Task<bool> SetAsync(GitHubClient client, SecretScope scope, string name, SecretValue value) =>
        await new GuardedChange(client, scope, name, _ => true).SetAsync(value, CancellationToken.None) switch
        {
            SecretSet set => set.Found is null,
            NotChanged { Failure: var failure } => throw failure,
            var other => throw new InvalidOperationException(other.ToString()),
        };

    public static async Task DeleteAsync(GitHubClient client, SecretScope scope, string name)
    {
        if (await new GuardedChange(client, scope, name, _ => true).DeleteAsync(CancellationToken.None) is not SecretDeleted and var other) throw other is NotChanged { Failure: var failure } ? failure : new InvalidOperationException(other.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        _clients.ForEach(client => client.Dispose());
        await Server.DisposeAsync();
    }
}
