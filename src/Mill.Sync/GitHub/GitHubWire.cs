using System.Net.Http.Headers;
using System.Text;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>One exchange with GitHub: a request with what GitHub wants of each, and the whole of its answer.</summary>
internal sealed class GitHubWire(GitHubOptions options) : IDisposable
{
    // Pages of a hundred names have a tenth of it.
    private const int LongestAnswer = 4 << 20;

    // Servers refuse one that they do not know.
    private const string ApiVersion = "2022-11-28";

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        // A redirect must not carry the token to a place that nobody named.
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = !options.Address.IsLoopback,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null,
    });

    private readonly Uri _base = new(options.Address.AbsoluteUri.TrimEnd('/') + "/");

    /// <summary>Null where the address is not one of this GitHub's.</summary>
    public Uri? Resolve(Uri from, string location) =>
        Uri.TryCreate(from, location, out var to) && to.Scheme == _base.Scheme && to.Authority == _base.Authority ? to : null;

    /// <summary>What stands behind the address of the API.</summary>
    public string PathOf(Uri address) => _base.MakeRelativeUri(address).ToString();

    /// <summary>Null for an address elsewhere: the token goes nowhere else.</summary>
    public Uri? AddressOf(string path) => Resolve(_base, path);

    /// <summary>
    /// Throws <see cref="HttpRequestException"/>, <see cref="IOException"/> or <see cref="TimeoutException"/> where there was no whole answer, and <see cref="InvalidDataException"/> for one that is longer than any of GitHub's.
    /// </summary>
    /// <param name="known">The mark of the answer that is at hand: GitHub says where it is still right, and does not count the request then.</param>
    public async Task<GitHubAnswer> SendAsync(HttpMethod method, Uri address, ReadOnlyMemory<byte>? body, SecretValue token, string? known, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, address);
        var headers = request.Headers;
        headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal(Encoding.ASCII.GetString));
        headers.TryAddWithoutValidation("Accept", "application/vnd.github+json");
        headers.TryAddWithoutValidation("X-GitHub-Api-Version", ApiVersion);
        headers.TryAddWithoutValidation("User-Agent", "mill");
        // What a cache on the way kept for a minute would hide what is being waited for.
        headers.TryAddWithoutValidation("Cache-Control", "no-cache");
        if (known is not null) headers.TryAddWithoutValidation("If-None-Match", known);
        // .NET sends what has no content again by itself where the connection ends, a deletion, too: so every change has one, if an empty one.
        if (method != HttpMethod.Get) request.Content = new ReadOnlyMemoryContent(default);
        if (body is { } content) request.Content = new ReadOnlyMemoryContent(content) { Headers = { ContentType = new("application/json") } };
        using var limit = new CancellationTokenSource(options.Timeout, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await _http.SendAsync(request, either.Token).ConfigureAwait(false);
            return new(response.StatusCode, await ReadAsync(response.Content, either.Token).ConfigureAwait(false), response.Headers.Date ?? options.Time.GetUtcNow(), HeadersOf(response));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"There was no answer within {options.Timeout.TotalSeconds:0} s.", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private static Dictionary<string, string> HeadersOf(HttpResponseMessage response)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.NonValidated) headers[name] = string.Join(", ", values);
        return headers;
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        var body = new MemoryStream();
        var stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = stream.ConfigureAwait(false);
        var buffer = new byte[16 << 10];
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            body.Write(buffer, 0, read);
            if (body.Length > LongestAnswer) throw new InvalidDataException($"The answer is longer than {LongestAnswer >> 20} MiB.");
        }
        return body.ToArray();
    }
}
