using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Mill.Client.Contracts;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.Server.Api;
using Mill.Server.Http;
using Mill.Server.Peers;

namespace Mill.Server.Front;

/// <summary>A node of the role api: it holds no state and no key, and passes on what it is asked.</summary>
public sealed class FrontServer
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(1.5); // each vault
    private static readonly TimeSpan AllReadyWithin = TimeSpan.FromSeconds(4);

    private readonly VaultPool _pool;
    private readonly PeerCalls _calls;
    private readonly ServerIdentity _identity;
    private readonly CurrentCredentials _credentials;

    private FrontServer(VaultPool pool, PeerCalls calls, ServerIdentity identity, CurrentCredentials credentials) =>
        (_pool, _calls, _identity, _credentials) = (pool, calls, identity, credentials);

    /// <summary>Maps every path of the contract.</summary>
    /// <param name="stopping">Cancelled when the server begins to stop.</param>
    public static void Map(
        WebApplication app, VaultPool pool, PeerCalls calls, ServerIdentity identity, CurrentCredentials credentials, TimeProvider time, CancellationToken stopping)
    {
        var front = new FrontServer(pool, calls, identity, credentials);
        var (proxy, certificates) = (new FrontProxy(pool, calls, new(stopping), app.Services.GetRequiredService<ILogger<FrontProxy>>()), new PeerCertificates(credentials, time));
        app.UseMiddleware<Failures>(time);
        app.UseRouting();
        app.MapGet("/healthz", http => Reply.JsonAsync(http, StatusCodes.Status200OK, new HealthResponse("ok")));
        app.MapGet("/readyz", front.ReadyAsync);
        app.MapGet("/ca.crt", http => AuthorityReply.WriteAsync(http, front._credentials.Value.Trust.Authority.ExportCertificatePem() + "\n"));
        app.MapGet(PeerPaths.Status, http => front.StatusAsync(http, certificates));
        app.Map("/v1/{**rest}", proxy.PassAsync);
        app.Map("/openapi/{**rest}", proxy.PassAsync);
    }

    private async Task ReadyAsync(HttpContext http)
    {
        var failure = "None is known here.";
        using var all = new CancellationTokenSource(AllReadyWithin, _calls.Time);
        foreach (var vault in _pool.InOrder())
        {
            using var limit = new CancellationTokenSource(ReadyWithin, _calls.Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, all.Token, http.RequestAborted);
            try
            {
                await _calls.GetAsync<HealthResponse>(vault, "/readyz", http.RequestId(), either.Token).ConfigureAwait(false);
                await Reply.JsonAsync(http, StatusCodes.Status200OK, new HealthResponse("ready")).ConfigureAwait(false);
                return;
            }
            catch (Exception e) when (e is MillException or OperationCanceledException && !http.RequestAborted.IsCancellationRequested)
            {
                failure = $"{vault}: {PeerAnswer.Reason(e)}";
                if (all.IsCancellationRequested) break;
            }
        }
        throw new MillException(MillError.NotReady, $"No vault node is ready. {failure}");
    }

    /// <summary>Without the state nobody here knows who was removed; a certificate of the cluster must do for what is told.</summary>
    private async Task StatusAsync(HttpContext http, PeerCertificates certificates)
    {
        certificates.Demand(http);
        var own = _credentials.Value;
        await Reply.JsonAsync(http, StatusCodes.Status200OK, new NodeItem
        {
            Id = own.Identity.Node.Value,
            Name = _identity.Node,
            Address = _identity.Address(),
            Role = _identity.Role,
            State = "healthy",
            Version = _identity.Version,
            StartedAt = _identity.StartedAt,
            CertificateEnds = new DateTimeOffset(own.Certificate.NotAfter.ToUniversalTime()),
        }).ConfigureAwait(false);
    }
}
