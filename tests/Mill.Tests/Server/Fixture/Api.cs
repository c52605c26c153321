using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Mill.Tests.Server.Fixture;

/// <summary>Sends requests as one caller. Paths go out exactly as they are given.</summary>
internal sealed class Api(HttpClient http, string? token, string? tenant = null)
{
    private static readonly UriCreationOptions Verbatim = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public string Token => token ?? throw new InvalidOperationException("This caller has no token.");

    /// <summary>The middle part of the token.</summary>
    public string TokenId => Token.Split('_')[1];

    public Api In(string other) => new(http, token, other);

    /// <param name="body">A text or bytes, sent as they are; anything else becomes JSON.</param>
    public async Task<Answer> SendAsync(string method, string path, object? body = null, params (string Name, string Value)[] headers)
    {
        using var request = Request(method, path, headers);
        if (body is not null) request.Content = Content(body);
        using var response = await http.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, null, headers);

    public Task<Answer> SetAsync(string name, string value, params (string Name, string Value)[] headers) => SendAsync("PUT", $"/v1/secrets/{name}", new { value }, headers);

    /// <summary>Sets, and demands success. The version's number and start.</summary>
    public async Task<(int Version, DateTimeOffset From)> PutAsync(string name, string value)
    {
        var answer = await SetAsync(name, value);
        Assert.True(answer.Status is 200 or 201, answer.ToString());
        return (answer.Json.GetProperty("version").GetInt32(), answer.Json.GetProperty("valid_from").GetDateTimeOffset());
    }

    public Task<Answer> DeleteAsync(string name, params (string Name, string Value)[] headers) => SendAsync("DELETE", $"/v1/secrets/{name}", null, headers);

    public Task<EventStream> WatchAsync(string query = "", string? lastEventId = null) =>
        EventStream.OpenAsync(http, Request("GET", "/v1/secrets:watch" + query, lastEventId is null ? [] : [("Last-Event-ID", lastEventId)]));

    private HttpRequestMessage Request(string method, string path, (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri($"{http.BaseAddress!.GetLeftPart(UriPartial.Authority)}{path}", Verbatim));
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (tenant is not null) request.Headers.TryAddWithoutValidation("Mill-Tenant", tenant);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return request;
    }

    private static ByteArrayContent Content(object body) => new(body switch
    {
        byte[] bytes => bytes,
        string text => Encoding.UTF8.GetBytes(text),
        _ => JsonSerializer.SerializeToUtf8Bytes(body),
    })
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
    };
}
