using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mill.Client.Contracts;
using Mill.Core.Fleet;
using Mill.Core.Members;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Server.Http;

namespace Mill.Server.Peers;

/// <summary>HTTP from this node to others, over connections on which both show their certificates.</summary>
public sealed class PeerCalls(CurrentCredentials credentials, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Shorter than servers keep idle connections, so that few are lost in the very moment they are used.</summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(1);

    /// <summary>A renewed certificate must come into use.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<PeerPlace, HttpMessageInvoker> _peers = new();

    internal TimeProvider Time => time;

    public void Dispose()
    {
        foreach (var peer in _peers.Values) peer.Dispose();
    }

    /// <summary>
    /// Asks another node. Throws what that answered, if it is no success; <see cref="MillError.Unreachable"/> where it gave no proper answer. How long that may
    /// take is for the caller to say.
    /// </summary>
    /// <param name="requestId">Of the request on whose behalf this is asked, or null.</param>
    public Task<TAnswer> GetAsync<TAnswer>(PeerPlace to, string path, string? requestId, CancellationToken cancellationToken) =>
        ExchangeAsync<TAnswer>(to, HttpMethod.Get, path, content: null, requestId, cancellationToken);

    /// <summary>As <see cref="GetAsync"/>; but throws <see cref="MillError.OutcomeUnknown"/> where the request may have arrived and the answer did not.</summary>
    public Task<TAnswer> PostAsync<TAnswer>(PeerPlace to, string path, CancellationToken cancellationToken) =>
        ExchangeAsync<TAnswer>(to, HttpMethod.Post, path, new SentOnce(ReadOnlyMemory<byte>.Empty), requestId: null, cancellationToken);

    /// <summary>As the other, with a body.</summary>
    public async Task<TAnswer> PostAsync<TBody, TAnswer>(PeerPlace to, string path, TBody body, CancellationToken cancellationToken)
    {
        using var text = new PinnedWriter();
        using (var writer = new Utf8JsonWriter(text)) JsonSerializer.Serialize(writer, body, ApiJson.Strict.TypeInfo<TBody>());
        var content = new SentOnce(text.WrittenMemory);
        content.Headers.ContentType = new("application/json");
        return await ExchangeAsync<TAnswer>(to, HttpMethod.Post, path, content, requestId: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says to the node that leads what became of the containers of this one. Throws as <see cref="PostAsync{TAnswer}"/>; the answer is not waited for without end by whoever calls this.</summary>
    public async Task ReportAsync(PeerPlace to, NodeReport report, CancellationToken cancellationToken)
    {
        var content = new SentOnce(NodeReportText.Write(report));
        content.Headers.ContentType = new("application/json");
        await ExchangeAsync<HealthResponse>(to, HttpMethod.Post, PeerPaths.Report, content, requestId: null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the node that leads has heard last. Throws as <see cref="GetAsync"/>.</summary>
    internal Task<LiveView> GetLiveAsync(PeerPlace to, CancellationToken cancellationToken) => ExchangeAsync(to, HttpMethod.Get, PeerPaths.Live, content: null, requestId: null, PeerJson.Default.LiveView, cancellationToken);

    private Task<TAnswer> ExchangeAsync<TAnswer>(PeerPlace to, HttpMethod method, string path, SentOnce? content, string? requestId, CancellationToken cancellationToken) =>
        ExchangeAsync(to, method, path, content, requestId, ApiJson.Lenient.TypeInfo<TAnswer>(), cancellationToken);

    private async Task<TAnswer> ExchangeAsync<TAnswer>(PeerPlace to, HttpMethod method, string path, SentOnce? content, string? requestId, JsonTypeInfo<TAnswer> type, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(to.Address, path)) { Content = content };
        if (requestId is not null) request.Headers.TryAddWithoutValidation(RequestIds.Header, requestId);
        try
        {
            using var response = await SendAsync(to, request, cancellationToken).ConfigureAwait(false);
            using var body = await PeerAnswer.ReadAsync(response, cancellationToken).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw PeerAnswer.Failure(to, response, body.WrittenSpan);
            return JsonSerializer.Deserialize(body.WrittenSpan, type) ?? throw new JsonException();
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException)
        {
            throw content is { WasSent: true }
                ? new MillException(MillError.OutcomeUnknown, $"{to} may or may not have done what it was asked: {PeerAnswer.Reason(e)}", e)
                : new MillException(MillError.Unreachable, $"{to} cannot be reached: {PeerAnswer.Reason(e)}", e);
        }
    }

    /// <summary>Returns once the head of the answer is there. Throws as <see cref="SocketsHttpHandler"/> does.</summary>
    internal Task<HttpResponseMessage> SendAsync(PeerPlace to, HttpRequestMessage request, CancellationToken cancellationToken) =>
        _peers.GetOrAdd(to, Connect).SendAsync(request, cancellationToken);

    private HttpMessageInvoker Connect(PeerPlace to) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionIdleTimeout = IdleTimeout,
        PooledConnectionLifetime = Lifetime,
        // What a client sent is passed on as it is, whatever it is.
        RequestHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        ResponseHeaderEncodingSelector = static (_, _) => Encoding.UTF8,
        SslOptions = new SslClientAuthenticationOptions
        {
            LocalCertificateSelectionCallback = (_, _, _, _, _) => credentials.Value.Certificate,
            RemoteCertificateValidationCallback = (sender, certificate, chain, errors) =>
                credentials.Value.Trust.ForServers(time.GetUtcNow, to.Node)(sender, certificate, chain, errors),
            CertificateChainPolicy = new X509ChainPolicy { RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true },
        },
    });
}
