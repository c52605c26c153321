using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Server;
using Mill.Server.Front;
using Mill.Server.Peers;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>A node of the role api: it holds neither state nor key, and passes on to the vaults what it is asked.</summary>
internal sealed class ApiNode : INode
{
    private readonly WebApplication _app;
    private readonly PeerCalls _calls;
    private readonly VaultPool _pool;
    private readonly CertificateRenewal _renewal;
    private readonly AuthorityWatch _authority;
    private readonly CancellationTokenSource _lifetime = new();
    private Task _background = Task.CompletedTask;

    private ApiNode(WebApplication app, PeerCalls calls, VaultPool pool, CertificateRenewal renewal, AuthorityWatch authority, string address) =>
        (_app, _calls, _pool, _renewal, _authority, Address) = (app, calls, pool, renewal, authority, address);

    public string Address { get; }

    /// <summary>Those that it passes requests on to.</summary>
    public VaultPool Vaults => _pool;

    /// <summary>As <see cref="ClusterNode.OpenAsync"/>.</summary>
    public static async Task<ApiNode> OpenAsync(NodeDirectory directory, NodeFile file, NodeOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var current = new CurrentCredentials(directory.LoadCredentials(file.NodeName, time.GetUtcNow()));
        var address = $"https://{new IPEndPoint(IPAddress.Parse(file.Address), file.ApiPort)}";
        var app = WebServer.Build(new(IPAddress.Parse(file.Address), file.ApiPort), options.LogLevel, listen => listen.UseNodeTls(current, time));
        var calls = new PeerCalls(current, time);
        try
        {
            var loggers = app.Services.GetRequiredService<ILoggerFactory>();
            PeerPlace[] known = [.. file.Members.Where(member => member.Role is not "api").Select(PeerPlace.Of)];
            var pool = new VaultPool(options.Vaults is { Count: > 0 } named ? [.. named.Select(vault => new PeerPlace(null, vault))] : known, options.Vaults.Count > 0, calls, loggers.CreateLogger<VaultPool>());
            var identity = new ServerIdentity(MillVersion.Text, file.NodeName, file.Role, "none", () => address, time.GetUtcNow());
            FrontServer.Map(app, pool, calls, identity, current, time, app.Lifetime.ApplicationStopping);
            var issuers = new VaultIssuers(pool, calls, time);
            var renewal = new CertificateRenewal(
                current, directory.Files, request => issuers.AskAsync(request, cancellationToken), static () => null, () => pool.Authority, time, loggers.CreateLogger<CertificateRenewal>());
            var authority = new AuthorityWatch(current, hasEngine: false, time, loggers.CreateLogger<AuthorityWatch>());
            await ClusterNode.StartListeningAsync(app, address, cancellationToken).ConfigureAwait(false);
            return new ApiNode(app, calls, pool, renewal, authority, address);
        }
        catch
        {
            calls.Dispose();
            await app.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task<VaultStart?> StartAsync(CancellationToken cancellationToken)
    {
        _background = Task.WhenAll(_pool.RunAsync(_lifetime.Token), _renewal.RunAsync(_lifetime.Token), _authority.RunAsync(_lifetime.Token));
        return Task.FromResult<VaultStart?>(null);
    }

    public async Task<bool> WaitAsync(CancellationToken cancellationToken)
    {
        await (await Task.WhenAny(_app.WaitForShutdownAsync(cancellationToken), _background).ConfigureAwait(false)).ConfigureAwait(false);
        return false;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _lifetime.CancelAsync().ConfigureAwait(false);
        await _background.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _calls.Dispose();
        await _app.DisposeAsync().ConfigureAwait(false);
        _lifetime.Dispose();
    }
}
