using System.Net.Http.Headers;
using System.Text.Json;
using Mill.Tests.Server.Fixture;
using Xunit;

namespace Mill.Tests.Server.Fleet;

/// <summary>Server-sent events as they come.</summary>
internal sealed class SseReader : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;

    private SseReader(HttpResponseMessage response, StreamReader reader) => (_response, _reader) = (response, reader);

    public static Task<SseReader> OpenAsync(TestServer server, string path) => OpenAsync(server.Http, server.OperatorToken, path);

    public static async Task<SseReader> OpenAsync(HttpClient http, string token, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) } };
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal((200, "text/event-stream"), ((int)response.StatusCode, response.Content.Headers.ContentType?.ToString()));
        return new(response, new(await response.Content.ReadAsStreamAsync()));
    }

    /// <summary>The next event, comments left out; null at the end of the stream.</summary>
    public async Task<(string Type, JsonElement Data)?> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var (type, data) = ("message", (string?)null);
        while (await _reader.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal)) type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = line[6..];
            else if (line.Length is 0 && data is not null) return (type, JsonDocument.Parse(data).RootElement);
        }
        return null;
    }

    /// <summary>The next line as it stands there, comments too; null at the end of the stream.</summary>
    public async Task<string?> LineAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        return await _reader.ReadLineAsync(limit.Token);
    }

    public async Task<List<(string Type, JsonElement Data)>> RestAsync()
    {
        var events = new List<(string, JsonElement)>();
        while (await NextAsync() is { } next) events.Add(next);
        return events;
    }

    public void Dispose()
    {
        _reader.Dispose();
        _response.Dispose();
    }
}
