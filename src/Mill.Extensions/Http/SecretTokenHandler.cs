using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.Logging;
using Mill.Extensions.Telemetry;
using Mill.Secrets;
using Mill.Secrets.Providers;

namespace Mill.Extensions.Http;

/// <summary>
/// Puts a secret into each request, as it is then. Where the server refuses it, the place it comes from is asked, and the request is sent once more if there is another one by now: a rotation costs no request,
/// whichever side learns of it first.
/// </summary>
internal sealed partial class SecretTokenHandler(ISecretProvider provider, string secret, MillTokenOptions options, TimeProvider time, ILogger logger) : DelegatingHandler
{
    private readonly SemaphoreSlim _gate = new(1);
    private long? _refreshed; // when the place was last asked

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var token = await ReadAsync(cancellationToken).ConfigureAwait(false);
        Put(request, token);
        var response = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode is not HttpStatusCode.Unauthorized || !IsRepeatable(request.Content)) return response;
        string? other;
        try
        {
            other = await FindOtherAsync(token, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            response.Dispose(); // nobody gets it
            throw;
        }
        if (other is null) return response;
        response.Dispose();
        Put(request, other);
        return await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Refused: it would go out without the secret.</summary>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken) => throw new NotSupportedException("A secret is waited for: send asynchronously.");

    protected override void Dispose(bool disposing)
    {
        if (disposing) _gate.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>A stream that was read is gone.</summary>
    private static bool IsRepeatable(HttpContent? content) => content is null or ByteArrayContent or ReadOnlyMemoryContent or JsonContent;

    /// <summary>Null where there is none but the one that was refused, as far as is known.</summary>
    private async Task<string?> FindOtherAsync(string refused, CancellationToken cancellationToken)
    {
        using var activity = SecretMeters.Start("mill.secrets.refused", provider.Name);
        try
        {
            var other = await LookAgainAsync(refused, cancellationToken).ConfigureAwait(false);
            activity.End(other is null ? "unchanged" : "changed");
            return other;
        }
        catch (SecretProviderException e)
        {
            // Then the refusal is the answer.
            activity.Fail(e);
            Log.NotRefreshed(logger, provider.Name, e.Error.ToCode());
            return null;
        }
        catch (Exception e)
        {
            activity.Fail(e);
            throw;
        }
    }

    private async Task<string?> LookAgainAsync(string refused, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (await ReadAsync(cancellationToken).ConfigureAwait(false) is var known && known != refused) return known;
            if (_refreshed is { } before && time.GetElapsedTime(before) < options.RefreshInterval) return null;
            _refreshed = time.GetTimestamp();
            await provider.RefreshAsync(secret, cancellationToken).ConfigureAwait(false);
            var now = await ReadAsync(cancellationToken).ConfigureAwait(false);
            return now == refused ? null : now;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Throws <see cref="SecretProviderException"/> where there is none, or one that cannot stand in a header.</summary>
    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        using var value = await provider.GetAsync(secret, cancellationToken).ConfigureAwait(false);
        var text = value.Reveal(static bytes => Encoding.UTF8.GetString(bytes.TrimEnd("\r\n"u8)));
        return text.Length > 0 && text.All(letter => letter is >= ' ' and <= '~')
            ? text
            : throw new SecretConfigurationException(provider.Name, $"The secret \"{secret}\" of {provider.Name} cannot stand in the header {options.Header}.");
    }

    private void Put(HttpRequestMessage request, string token)
    {
        // One that was put there before, by an attempt further out, is none to keep.
        request.Headers.Remove(options.Header);
        request.Headers.TryAddWithoutValidation(options.Header, options.Scheme.Length > 0 ? $"{options.Scheme} {token}" : token);
    }

    private static partial class Log
    {
        [LoggerMessage(5101, LogLevel.Warning, "A secret of {Provider} was refused by a server, and whether there is another one is not known: {Reason}")]
        public static partial void NotRefreshed(ILogger logger, string provider, string reason);
    }
}
