using System.Security.Authentication;
using Mill.Client.Contracts;
using Mill.Secrets;

namespace Mill.Client.Http;

/// <summary>Sends calls. Whatever goes wrong leaves as a <see cref="MillException"/>.</summary>
internal sealed class Transport(MillClientOptions options) : IDisposable
{
    private const int Attempts = 2;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        // A redirect would carry the token to a place that nobody named.
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = !options.Address.IsLoopback,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null,
        SslOptions = options.Address.Scheme is "https" ? ServerTrust.Options(options) : new(),
    });

    public MillClientOptions Options { get; } = options;

    public async Task<T> SendAsync<T>(Call call, CancellationToken cancellationToken)
    {
        using var body = await ExchangeAsync(call, cancellationToken).ConfigureAwait(false);
        return Body.Read<T>(body.WrittenSpan);
    }

    public async Task<SecretResponse> ReadSecretAsync(Call call, CancellationToken cancellationToken)
    {
        using var body = await ExchangeAsync(call, cancellationToken).ConfigureAwait(false);
        return SecretAnswer.Read(body.WrittenSpan);
    }

    public async Task SendAsync(Call call, CancellationToken cancellationToken) =>
        (await ExchangeAsync(call, cancellationToken).ConfigureAwait(false)).Dispose();

    /// <summary>The headers of an answer that goes on without end. One attempt: its reader knows when to come back.</summary>
    public async Task<HttpResponseMessage> OpenAsync(Call call, CancellationToken cancellationToken)
    {
        using var limit = Limit(call, cancellationToken);
        try
        {
            using var request = call.ToMessage(Options);
            var response = await _http.SendAsync(request, limit.Token).ConfigureAwait(false);
            return await CheckAsync(response, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (IsMistrust(e))
        {
            throw Problems.NotTrusted(Options, e);
        }
        catch (Exception e) when (IsConnectionFailure(e))
        {
            throw Problems.Unreachable(Options.Address, e);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Problems.TimedOut(Options.Address, call.Limit ?? Options.Timeout);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<PinnedWriter> ExchangeAsync(Call call, CancellationToken cancellationToken)
    {
        using var limit = Limit(call, cancellationToken);
        var mayHaveArrived = false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ExchangeOnceAsync(call, limit.Token).ConfigureAwait(false);
            }
            catch (Exception e) when (IsMistrust(e))
            {
                throw Problems.NotTrusted(Options, e);
            }
            catch (Exception e) when (IsConnectionFailure(e))
            {
                mayHaveArrived |= MayHaveArrived(e);
                if (call.IsRepeatable && attempt < Attempts) continue;
                throw call.IsWrite && mayHaveArrived ? Problems.Unknown(Options.Address, e) : Problems.Unreachable(Options.Address, e);
            }
            // The refusal is of this attempt only: one before it may be on its way still, or be done.
            catch (MillException e) when (call.IsWrite && mayHaveArrived && !IsAboutRequest(e.Error))
            {
                throw Problems.Unknown(Options.Address, e);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw call.IsWrite ? Problems.Unknown(Options.Address, cause: null) : Problems.TimedOut(Options.Address, call.Limit ?? Options.Timeout);
            }
        }
    }

    private async Task<PinnedWriter> ExchangeOnceAsync(Call call, CancellationToken cancellationToken)
    {
        using var request = call.ToMessage(Options);
        using var response = await CheckAsync(await _http.SendAsync(request, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return await Body.ReceiveAsync(response.Content, cancellationToken).ConfigureAwait(false);
    }

    private async Task<HttpResponseMessage> CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await Problems.ReadAsync(response, Options.Address, cancellationToken).ConfigureAwait(false);
    }

    private CancellationTokenSource Limit(Call call, CancellationToken cancellationToken)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(call.Limit ?? Options.Timeout);
        return limit;
    }

    /// <summary>What is wrong with a request is wrong with every attempt to send it.</summary>
    private static bool IsAboutRequest(MillError error) => error is MillError.InvalidRequest or MillError.InvalidName or MillError.InvalidValue
        or MillError.Unauthenticated or MillError.Forbidden or MillError.TooLarge or MillError.MethodNotAllowed or MillError.IdempotencyMismatch;

    /// <summary>The server was there, and showed a certificate that is not believed.</summary>
    private static bool IsMistrust(Exception e) => e is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException };

    private static bool IsConnectionFailure(Exception e) => e is HttpRequestException or IOException;

    private static bool MayHaveArrived(Exception e) => e is not HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };
}
