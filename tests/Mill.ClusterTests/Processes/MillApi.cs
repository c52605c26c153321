using System.Net.Http.Headers;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Nodes;

namespace Mill.ClusterTests.Processes;

/// <summary>The HTTP API as any client sees it. Knows nothing of the server's own types.</summary>
internal sealed class MillApi : IDisposable
{
    private readonly HttpClient _http;

    public MillApi(string address, string? token)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Task<Reply> GetAsync(string path) => SendAsync(HttpMethod.Get, path, body: null);

    public Task<Reply> SetAsync(string name, string value) => SendAsync(HttpMethod.Put, $"/v1/secrets/{name}", new JsonObject { ["value"] = value });

    public Task<Reply> VerifyAsync() => SendAsync(HttpMethod.Post, "/v1/verify", body: null);

    /// <summary>Throws <see cref="HttpRequestException"/> where there was no whole answer.</summary>
    public async Task<Reply> SendAsync(HttpMethod method, string path, JsonNode? body, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, MediaTypeNames.Application.Json);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var isJson = response.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) is true;
        return new((int)response.StatusCode, isJson ? JsonNode.Parse(text) : null, text, response.Headers.Contains("Mill-Replayed"));
    }

    /// <summary>A stream of server-sent events, its first bytes read.</summary>
    public async Task<Stream> WatchAsync()
    {
        var stream = await _http.GetStreamAsync("/v1/secrets:watch");
        await stream.ReadAtLeastAsync(new byte[64], minimumBytes: 1);
        return stream;
    }

    public void Dispose() => _http.Dispose();
}

/// <summary>An answer, whatever its status.</summary>
internal sealed record Reply(int Status, JsonNode? Body, string Text, bool Replayed)
{
    public string? Code => Body?["code"]?.GetValue<string>();

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The value as bytes, however it was written.</summary>
    public byte[] Value() => Body?["value"] is { } text ? Encoding.UTF8.GetBytes(text.GetValue<string>())
        : Convert.FromBase64String(Body?["value_base64"]?.GetValue<string>() ?? throw new FormatException($"No value in: {Text}"));

    public override string ToString() => $"{Status} {Text}";
}
