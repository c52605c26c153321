using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Mill.Secrets;

namespace Mill.Node.Docker;

/// <summary>Requests to the Engine. What goes wrong leaves as a <see cref="MillException"/> with what the Engine said of it.</summary>
internal sealed class DockerTransport : IDisposable
{
    /// <summary>Of the Engine's API: that of Docker 20.10, which every later one and Podman speak too.</summary>
    private const string Version = "/v1.41";

    private const int MostOfProblem = 64 * 1024;

    /// <summary>Of an answer that does not stream.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DockerAddress _address;
    private readonly HttpClient _http;
    private readonly TimeProvider _time;

    public DockerTransport(DockerAddress address, TimeProvider time)
    {
        (_address, _time) = (address, time);
        _http = new(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = (_, cancellationToken) => address.ConnectAsync(cancellationToken),
        })
        {
            BaseAddress = address.Http,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public void Dispose() => _http.Dispose();

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) => AskAsync(HttpMethod.Get, path, null, type, cancellationToken);

    public Task<T> PostAsync<T>(string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken) => AskAsync(HttpMethod.Post, path, content, type, cancellationToken);

    /// <summary>The status is all there is to an answer. Those expected are no failures.</summary>
    public async Task<HttpStatusCode> DoAsync(HttpMethod method, string path, CancellationToken cancellationToken, params HttpStatusCode[] expected)
    {
        using var request = new HttpRequestMessage(method, Version + path);
        using var limit = Limit(cancellationToken);
        using var response = await ExchangeAsync(request, limit.Token, cancellationToken).ConfigureAwait(false);
        if (!expected.Contains(response.StatusCode)) await ThrowUnlessSuccessAsync(response, limit.Token).ConfigureAwait(false);
        return response.StatusCode;
    }

    /// <summary>An answer that comes bit by bit, for as long as it takes.</summary>
    public async Task<HttpResponseMessage> StreamAsync(HttpMethod method, string path, HttpContent? content, string? registryAuth, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Version + path) { Content = content };
        if (registryAuth is not null) request.Headers.TryAddWithoutValidation("X-Registry-Auth", registryAuth);
        var response = await ExchangeAsync(request, cancellationToken, cancellationToken).ConfigureAwait(false);
        try
        {
            await ThrowUnlessSuccessAsync(response, cancellationToken).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    /// <summary>What comes of an answer, one after the other, until the Engine ends it. Throws <see cref="MillError.EngineUnavailable"/> where that is in the middle.</summary>
    public async IAsyncEnumerable<T?> ItemsAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var items = JsonSerializer.DeserializeAsyncEnumerable(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), type, topLevelValues: true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (items.ConfigureAwait(false))
        {
            while (await IsNextAsync(items).ConfigureAwait(false)) yield return items.Current;
        }
    }

    /// <summary>A connection that becomes a stream in both directions.</summary>
    public Task<HijackedStream> HijackAsync<T>(string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) => HijackedStream.OpenAsync(_address, Version + path, JsonSerializer.SerializeToUtf8Bytes(body, type), cancellationToken);

    public MillException NotReached(Exception cause) => new(MillError.EngineUnavailable, $"The container engine at {_address} cannot be reached.", cause)
    {
        Hint = $"Start it (systemctl start docker), or name another in {DockerAddress.Variable}.",
    };

    /// <summary>The limit is for all of it: an Engine may also stop in the middle of an answer.</summary>
    private async Task<T> AskAsync<T>(HttpMethod method, string path, HttpContent? content, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var limit = Limit(cancellationToken);
        using var response = await SendAsync(method, path, content, limit.Token, cancellationToken).ConfigureAwait(false);
        try
        {
            var body = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(body, type, limit.Token).ConfigureAwait(false) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw new MillException(MillError.EngineUnavailable, "The container engine gave an answer that is none.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw NotReached(e);
        }
    }

    private async ValueTask<bool> IsNextAsync<T>(IAsyncEnumerator<T> items)
    {
        try
        {
            return await items.MoveNextAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException)
        {
            throw NotReached(e);
        }
    }

    private static async Task ThrowUnlessSuccessAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // Not modified: what was asked for is so already.
        if (response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.SwitchingProtocols or HttpStatusCode.NotModified) return;
        var said = await SaidAsync(response, cancellationToken).ConfigureAwait(false);
        var error = response.StatusCode switch
        {
            HttpStatusCode.NotFound => MillError.NotFound,
            HttpStatusCode.Conflict => MillError.PreconditionFailed,
            _ => MillError.ContainerRefused,
        };
        throw new MillException(error, said);
    }

    private static async Task<string> SaidAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MostOfProblem, cancellationToken).ConfigureAwait(false);
            var problem = await JsonSerializer.DeserializeAsync(await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false), DockerJson.Default.DockerProblem, cancellationToken).ConfigureAwait(false);
            if (problem?.Message is { Length: > 0 } message) return message;
        }
        catch (Exception e) when (e is JsonException or IOException or HttpRequestException or OperationCanceledException)
        {
            // The status says enough.
        }
        return FormattableString.Invariant($"the container engine answered {(int)response.StatusCode}");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken limit, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, Version + path) { Content = content };
        if (content is { Headers.ContentType: null }) content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var response = await ExchangeAsync(request, limit, cancellationToken).ConfigureAwait(false);
        try
        {
            await ThrowUnlessSuccessAsync(response, limit).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async Task<HttpResponseMessage> ExchangeAsync(HttpRequestMessage request, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw NotReached(e);
        }
    }

    private Deadline Limit(CancellationToken cancellationToken) => new(Patience, _time, cancellationToken);
}
