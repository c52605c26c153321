namespace Mill.Client.Http;

/// <summary>Connections to servers, and what their failures mean.</summary>
internal static class Connections
{
    public static HttpMessageInvoker Open(MillClientOptions options)
    {
        var handler = new SocketsHttpHandler
        {
            // A redirect would carry the token to a place that nobody named.
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = !options.Address.IsLoopback,
            ConnectTimeout = options.ConnectTimeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ActivityHeadersPropagator = null,
        };
        // Who speaks no TLS does not pay for loading it.
        if (IsSecure(options)) ServerTrust.Apply(options, handler);
        return new(handler);
    }

    /// <summary>True where a connection could not be made, or was lost; the caller's own wish to stop is neither.</summary>
    public static bool HasFailed(Exception e, CancellationToken cancellationToken) =>
        e is HttpRequestException or IOException || (HasNotConnectedInTime(e) && !cancellationToken.IsCancellationRequested);

    /// <summary>True where there was a connection, and it was lost: at least in the last attempt that the handler made.</summary>
    public static bool WasLost(Exception e) => !HasNotConnectedInTime(e) && e is not HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    private static bool HasNotConnectedInTime(Exception e) => e is OperationCanceledException { InnerException: TimeoutException };

    private static bool IsSecure(MillClientOptions options)
    {
        if (options.Address.Scheme is "https") return true;
        foreach (var fallback in options.Fallbacks)
        {
            if (fallback.Scheme is "https") return true;
        }
        return false;
    }
}
