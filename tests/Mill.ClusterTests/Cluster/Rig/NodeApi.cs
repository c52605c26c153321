using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Mill.ClusterTests.Processes;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>The HTTP API of one node, bare: no retries, no interpretation, and the time that each answer took. Every request has a connection of its own.</summary>
internal sealed class NodeApi : IDisposable
{
    private readonly HttpClient _http;

    /// <param name="own">The certificate to show, with its key; clients have none.</param>
    public NodeApi(Uri address, X509Certificate2 authority, string? token, X509Certificate2? own = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(authority);
        var tls = new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
        if (own is not null) tls.ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true);
        _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, SslOptions = tls, PooledConnectionLifetime = TimeSpan.Zero }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Throws <see cref="HttpRequestException"/> where there was no whole answer.</summary>
    public async Task<NodeReply> SendAsync(HttpMethod method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var start = TimeProvider.System.GetTimestamp();
        using var request = new HttpRequestMessage(method, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionOrLower };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, MediaTypeNames.Application.Json);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) is true;
        var consistency = response.Headers.TryGetValues("Mill-Consistency", out var values) ? string.Join(',', values) : null;
        return new(new((int)response.StatusCode, isJson ? JsonNode.Parse(text) : null, text, Replayed: false), consistency, TimeProvider.System.GetElapsedTime(start))
        {
            Revision = response.Headers.TryGetValues("Mill-Revision", out var revisions) ? long.Parse(revisions.Single(), CultureInfo.InvariantCulture) : null,
        };
    }

    public void Dispose() => _http.Dispose();
}

/// <param name="Consistency">How fresh the answer says it is; null where it says nothing, and so is the latest there is.</param>
internal sealed record NodeReply(Reply Reply, string? Consistency, TimeSpan Took)
{
    /// <summary>What the answer is true of, where it says so.</summary>
    public long? Revision { get; init; }

    public int Status => Reply.Status;

    public string? Code => Reply.Code;

    public string? Value => Reply.Body?["value"]?.GetValue<string>();

    public override string ToString() => $"{Reply} after {Took.TotalSeconds:F1} s";
}
