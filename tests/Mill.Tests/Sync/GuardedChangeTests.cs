using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Mill.Core.Sync;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Testing.GitHub;
using Mill.Tests.Client;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>What is found out before a change is right when it is sent, and it is sent as often as it is meant.</summary>
public sealed class GuardedChangeTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Who_sees_a_secret_of_the_organization_is_asked_after_the_wait()
    {
        await using var github = await GitHubFixture.StartAsync();
        var (vault, other) = (new MemoryVault(), github.Acme.AddRepository("other"));
        github.Acme.Secrets.Put("A", "1"u8, "selected", github.Web, other);
        await vault.WriteTimesAsync(new([.. Enumerable.Repeat(github.Time.GetUtcNow().AddMinutes(-50), 500)], null), null, None);
        using var credentials = new TokenCredentials(SecretValue.FromText(github.Server.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org")).Text));
        using var client = new GitHubClient(github.Options(credentials) with
        {
            Log = new SharedWriteLog(vault, github.Time),
            Waiting = (_, _) => github.Acme.Secrets.Put("A", "1"u8, "selected", other),
        });
        await GitHubFixture.SetAsync(client, SecretScope.OfOrganization("acme"), "A", "2");
        Assert.Equal("2", github.Acme.Secrets.Text("A"));
        Assert.Equal([other.Id], github.Acme.Secrets.Find("A")!.Selected);
    }

    [Fact]
    public async Task What_comes_while_it_is_asked_where_a_repository_is_now_stays()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Web.Rename("site");
        await client.ListSecretsAsync(github.WebScope, None);
        Meanwhile(github, request => request.Path.Split('/') is ["", "repositories", _]);
        Assert.IsType<SecretLeft>(await SetNewAsync(client, github.WebScope));
        Assert.Equal("theirs", github.Web.Secrets.Text("A"));
        Assert.Empty(github.Server.Violations);
    }

    /// <summary>Nothing was sent: what is there then is certainly not ours.</summary>
    [Fact]
    public async Task What_comes_while_it_cannot_be_asked_where_a_repository_is_now_stays()
    {
        await using var github = await GitHubFixture.StartAsync();
        var client = github.Connect();
        github.Web.Rename("site");
        await client.ListSecretsAsync(github.WebScope, None);
        var failures = 0;
        github.Server.Inject(FakeFault.Error(502) with
        {
            Times = 4,
            When = request =>
            {
                if (request.Path.Split('/') is not ["", "repositories", _]) return false;
                if (++failures is 4) github.Web.Secrets.Put("A", "theirs");
                return true;
            },
        });
        Assert.IsType<SecretLeft>(await SetNewAsync(client, github.WebScope));
        Assert.Equal(("theirs", 4), (github.Web.Secrets.Text("A"), failures));
    }

    [Fact]
    public async Task What_comes_while_an_app_gets_itself_a_token_stays()
    {
        await using var github = await GitHubFixture.StartAsync();
        using var credentials = new Slow(github.Time, github.Server.AddToken(FakeToken.Classic(["acme"], "repo")).Text);
        var client = github.Connect(credentials);
        await client.ListSecretsAsync(github.WebScope, None);
        // As it is about to be sent.
        credentials.Next = () => github.Web.Secrets.Put("A", "theirs");
        Assert.IsType<SecretLeft>(await SetNewAsync(client, github.WebScope));
        Assert.Equal("theirs", github.Web.Secrets.Text("A"));
    }

    [Fact]
    public async Task A_deletion_is_sent_once_where_the_connection_ends_in_good_order()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var (seen, time) = (new List<string>(), new HastyTime());
        var serving = ServeAsync(server, time, seen);
        using var credentials = new TokenCredentials(SecretValue.FromText("t"));
        using (var client = new GitHubClient(new() { Address = new($"http://{server.LocalEndpoint}/"), Credentials = credentials, Time = time, Timeout = HastyTime.Never }))
        {
            var result = Assert.IsType<NotChanged>(await new GuardedChange(client, Scopes.Of("acme/web"), "A", _ => true).DeleteAsync(None));
            Assert.Equal((MillError.OutcomeUnknown, true), (result.Failure.Error, result.IsInDoubt));
        }
        server.Stop();
        await serving;
        Assert.Equal(["GET", "DELETE", "GET", "DELETE", "GET", "DELETE", "GET", "DELETE"], seen);
    }

    [Fact]
    public async Task A_change_that_is_sent_elsewhere_is_sent_no_further()
    {
        await using var other = await FakeMill.StartAsync();
        other.On("GET /repos/acme/web/actions/secrets/A", """{"name":"A","updated_at":"2026-01-31T11:00:00Z"}""");
        other.On("DELETE /repos/acme/web/actions/secrets/A", context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        using var credentials = new TokenCredentials(SecretValue.FromText("t"));
        using var client = new GitHubClient(new() { Address = other.Address, Credentials = credentials });
        var result = Assert.IsType<NotChanged>(await new GuardedChange(client, Scopes.Of("acme/web"), "A", _ => true).DeleteAsync(None));
        Assert.Equal(MillError.Internal, result.Failure.Error);
        Assert.Equal(2, other.Seen.Count);
    }

    private static async Task<ChangeResult> SetNewAsync(GitHubClient client, SecretScope scope)
    {
        using var value = SecretValue.FromText("ours");
        return await new GuardedChange(client, scope, "A", found => found is null).SetAsync(value, None);
    }

    /// <summary>The first such request is told to come back in ten minutes, and somebody writes until then.</summary>
    private static void Meanwhile(GitHubFixture github, Func<RecordedRequest, bool> when)
    {
        github.Server.Inject(FakeFault.RateLimit(429, TimeSpan.FromMinutes(10)) with
        {
            When = request =>
            {
                if (!when(request)) return false;
                github.Web.Secrets.Put("A", "theirs");
                return true;
            },
        });
    }

    /// <summary>Takes a deletion, and ends the connection without an answer and without an error.</summary>
    private static async Task ServeAsync(TcpListener server, HastyTime time, List<string> seen)
    {
        while (true)
        {
            try
            {
                using var connection = await server.AcceptTcpClientAsync();
                using var reader = new StreamReader(connection.GetStream(), Encoding.ASCII);
                while (await reader.ReadLineAsync() is { Length: > 0 } first)
                {
                    while (await reader.ReadLineAsync() is { Length: > 0 })
                    {
                    }
                    seen.Add(first.Split(' ')[0]);
                    if (seen[^1] is "DELETE") break;
                    const string Body = """{"name":"A","updated_at":"2026-01-31T11:00:00Z"}""";
                    var date = time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
                    await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
                }
                connection.Client.Shutdown(SocketShutdown.Send);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    /// <summary>An app whose token has to be renewed right before the change: that takes ten minutes.</summary>
    private sealed class Slow(HastyTime time, string token) : IGitHubCredentials, IDisposable
    {
        private int _asked;

        public Action? Next { get; set; }

        ValueTask<SecretValue> IGitHubCredentials.TokenAsync(string owner, GitHubAsk ask, CancellationToken cancellationToken)
        {
            // The key, the look, and then the change.
            if (Next is { } next && ++_asked is 3)
            {
                time.Advance(TimeSpan.FromMinutes(10));
                next();
            }
            return new(SecretValue.FromText(token));
        }

        bool IGitHubCredentials.Forget(string owner) => false;

        public void Dispose()
        {
        }
    }
}
