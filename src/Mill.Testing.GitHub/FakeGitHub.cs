using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mill.Testing.GitHub;

/// <summary>
/// A GitHub for tests: an HTTP server with the part of the REST API that has to do with secrets, which keeps GitHub's rules and opens what is sealed for it. The same is under <c>/api/v3</c>, as on a server of one's own.
/// It has no user, repository or token until it is given some. All members may be used from several threads.
/// </summary>
/// <example>
/// <code>
/// await using var github = await FakeGitHub.StartAsync();
/// var web = github.AddOrganization("acme").AddRepository("web");
/// var token = github.AddToken(FakeToken.Classic(["acme"], "repo"));
/// // … let a client set DATABASE_URL at github.Address with token.Text …
/// Assert.Equal("postgres://", web.Secrets.Text("DATABASE_URL"));
/// Assert.Empty(github.Violations);
/// </code>
/// </example>
public sealed class FakeGitHub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly World _world;
    private readonly WorkflowPlayer _player;
    private readonly Entrance _entrance;
    private readonly Pipeline _pipeline;

    private FakeGitHub(WebApplication app, FakeGitHubOptions options)
    {
        (_app, _world, _entrance) = (app, new(options), new(options.Limits));
        _player = new(_world);
        _pipeline = new(_world, _player, _entrance);
    }

    /// <summary>Of the API, with a slash at the end.</summary>
    public Uri Address { get; private set; } = new("http://localhost/");

    /// <summary>The same as if it were a server of one's own.</summary>
    public Uri EnterpriseAddress => new(Address, Pipeline.EnterprisePrefix + "/");

    /// <summary>Every request, the oldest first.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _world.Do(() => _pipeline.Requests.ToList());

    /// <summary>Requests that were sent although a refusal had said to wait, or above a limit. A good client leaves this empty.</summary>
    public IReadOnlyList<FakeViolation> Violations => _world.Do(() => _entrance.Violations.ToList());

    /// <summary>How many requests there were at a time. GitHub asks for one.</summary>
    public int MostAtOnce => _world.Do(() => _pipeline.MostUnderWay);

    /// <summary>Every event for workflows that was taken, the oldest first.</summary>
    public IReadOnlyList<FakeDispatch> Dispatches => _world.Do(() => _world.Dispatches.ToList());

    public IReadOnlyList<FakeRun> Runs => _world.Do(() => _world.Runs.ToList());

    /// <summary>How far lists, of secrets and of runs, lag behind the rest.</summary>
    public TimeSpan ListDelay
    {
        get => _world.Do(() => _world.ListDelay);
        set => _world.Do(() => _world.ListDelay = value);
    }

    /// <summary>Starts one that listens when this returns. Throws <see cref="IOException"/> where the port is taken.</summary>
    /// <param name="options">Null for the usual ones.</param>
    public static async Task<FakeGitHub> StartAsync(FakeGitHubOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(options.Endpoint, listen =>
        {
            if (options.Certificate is not { } certificate) return;
            var tls = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(certificate, options.Issuer is { } issuer ? [issuer] : null, offline: true) };
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(tls) });
        }));
        builder.Services.AddLogging(logging => logging.ClearProviders());
        var app = builder.Build();
        var github = new FakeGitHub(app, options);
        app.Run(github._pipeline.ServeAsync);
        await app.StartAsync(cancellationToken).ConfigureAwait(false);
        github.Address = new(app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
        return github;
    }

    public FakeOwner AddOrganization(string login) => Add(new(_world, login, isOrganization: true));

    public FakeOwner AddPerson(string login) => Add(new(_world, login, isOrganization: false));

    /// <summary>From here on it is known; see <see cref="FakeToken"/> for how to make one.</summary>
    public FakeToken AddToken(FakeToken token) => _world.Do(() => _world.Tokens[token.Text] = token);

    public void Revoke(FakeToken token) => _world.Do(() => _world.Tokens.Remove(token.Text));

    /// <summary>Revokes every token that an app got itself.</summary>
    public void RevokeInstallationTokens() => _world.Do(() =>
    {
        foreach (var token in _world.Tokens.Values.Where(token => token.Kind is FakeTokenKind.Installation).ToList()) _world.Tokens.Remove(token.Text);
    });

    /// <summary>An app that is installed nowhere so far. It lives as long as the server.</summary>
    public FakeApp AddApp(string slug = "sync") => _world.Do(() =>
    {
        var app = new FakeApp(_world, slug);
        _world.Apps.Add(app);
        return app;
    });

    /// <summary>Lets something go wrong with the requests to come.</summary>
    public void Inject(FakeFault fault) => _world.Do(() => _entrance.Add(fault));

    /// <summary>Forgets about those that are left.</summary>
    public void ClearFaults() => _world.Do(_entrance.ClearFaults);

    /// <summary>Ends when each workflow that somebody plays (<see cref="FakeWorkflow.Play"/>), and that has begun, is over.</summary>
    public Task WhenPlayedAsync() => _player.WhenPlayedAsync();

    public async ValueTask DisposeAsync()
    {
        await _player.DisposeAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        foreach (var app in _world.Apps) app.Dispose();
    }

    private FakeOwner Add(FakeOwner owner) => _world.Do(() =>
    {
        if (_world.FindOwner(owner.Login) is not null) throw new ArgumentException($"There is a {owner.Login} already.", nameof(owner));
        _world.Owners.Add(owner);
        return owner;
    });
}
