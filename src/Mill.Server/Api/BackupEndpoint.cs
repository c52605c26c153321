using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Auth;
using Mill.Server.Http;

namespace Mill.Server.Api;

/// <summary>Streams a backup, as <c>docs/backup.md</c> describes it. A stream that breaks off has no end line, and is no backup.</summary>
internal sealed class BackupEndpoint(IVault vault, Authentication authentication, ServerIdentity identity, TimeProvider time, ServerShutdown shutdown)
{
    /// <summary>Each holds on to a state of its own moment, which takes memory while others write.</summary>
    private const int MaxBackups = 4;

    private int _backups;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet("/v1/backup", BackUpAsync);

    private async Task BackUpAsync(HttpContext http)
    {
        var caller = await authentication.DemandAsync(http).ConfigureAwait(false);
        QueryArguments.Of(http);
        var backup = await vault.BackUpAsync(caller, new BackupOrigin(identity.Version, Timestamp.From(time.GetUtcNow())), http.RequestAborted).ConfigureAwait(false);
        if (Interlocked.Increment(ref _backups) > MaxBackups)
        {
            Interlocked.Decrement(ref _backups);
            throw new MillException(MillError.RateLimited, "Too many backups are under way.");
        }
        try
        {
            await StreamAsync(http, backup).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _backups);
        }
    }

    /// <summary>A client that stops reading is cut off by the web server's limit on slow connections; until then it holds up nobody.</summary>
    private async Task StreamAsync(HttpContext http, StateBackup backup)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, shutdown.Token);
        http.SetRevision(backup.Header.Revision);
        http.Response.ContentType = "application/x-ndjson";
        http.Response.Headers.CacheControl = "no-store";
        try
        {
            await backup.WriteAsync(http.Response.Body, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (shutdown.Token.IsCancellationRequested && !http.RequestAborted.IsCancellationRequested)
        {
            // Not a proper end: the client must see that the rest is missing.
            throw new MillException(MillError.NotReady, "The server is shutting down.");
        }
    }
}
