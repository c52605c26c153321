using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Mill.Secrets;
using Mill.Sync.Sealing;
using Mill.Testing;
using Mill.Testing.GitHub;
using Xunit;

namespace Mill.Tests.Sync;

/// <summary>A fake GitHub with an organization, a private repository and a token, and a hand that sends it whatever a test likes and holds each answer against GitHub's description.</summary>
internal sealed class GitHubRig : IAsyncDisposable
{
    public const string WebSecrets = "/repos/acme/web/actions/secrets";

    private readonly HttpClient _http;

    private GitHubRig(ManualTime time, FakeGitHub gitHub)
    {
        (Time, GitHub) = (time, gitHub);
        Acme = gitHub.AddOrganization("acme");
        Web = Acme.AddRepository("web");
        Token = gitHub.AddToken(FakeToken.Classic(["acme"], "repo", "admin:org"));
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = gitHub.Address };
    }

    public ManualTime Time { get; }

    public FakeGitHub GitHub { get; }

    public FakeOwner Acme { get; }

    /// <summary>acme/web, which is private.</summary>
    public FakeRepository Web { get; }

    /// <summary>May do everything with acme.</summary>
    public FakeToken Token { get; }

    /// <param name="limits">Null for none.</param>
    public static async Task<GitHubRig> StartAsync(FakeRateLimits? limits = null)
    {
        var time = new ManualTime();
        return new(time, await FakeGitHub.StartAsync(new() { Time = time, Limits = limits }));
    }

    public Task<GitHubReply> GetAsync(string path, FakeToken? token = null, Action<HttpRequestHeaders>? headers = null) => SendAsync("GET", path, null, (token ?? Token).Text, headers);

    public Task<GitHubReply> AskAnonymouslyAsync(string method, string path, JsonNode? body = null) => SendAsync(method, path, body, null);

    public Task<GitHubReply> SendAsync(string method, string path, JsonNode? body = null) => SendAsync(method, path, body, Token.Text);

    public async Task<GitHubReply> SendAsync(string method, string path, JsonNode? body, string? token, Action<HttpRequestHeaders>? headers = null)
    {
        using var request = new HttpRequestMessage(new(method), path);
        request.Headers.UserAgent.ParseAdd("tests");
        if (token is not null) request.Headers.Authorization = new("Bearer", token);
        if (body is not null) request.Content = JsonContent.Create(body);
        headers?.Invoke(request.Headers);
        using var response = await _http.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        var all = response.Headers.Concat(response.Content.Headers).ToDictionary(header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        var reply = new GitHubReply((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), all);
        Assert.Empty(GitHubDescription.Faults(method, path, reply));
        if (reply.Status is >= 200 and < 300) Assert.Empty(GitHubDescription.RequestFaults(method, path, body));
        return reply;
    }

    public Task<GitHubReply> SetAsync(string secrets, string name, string value, FakeToken? token = null, JsonObject? members = null) => SetAsync(secrets, name, Encoding.UTF8.GetBytes(value), token, members);

    /// <summary>Seals the value with the key of the scope, as clients do.</summary>
    public async Task<GitHubReply> SetAsync(string secrets, string name, byte[] value, FakeToken? token = null, JsonObject? members = null)
    {
        var key = await GetAsync($"{secrets}/public-key", token);
        var body = members ?? [];
        body["encrypted_value"] = Seal(value, key.Text("key"));
        body["key_id"] = key.Text("key_id");
        return await SendAsync("PUT", $"{secrets}/{name}", body, (token ?? Token).Text);
    }

    public static string Seal(byte[] bytes, string key)
    {
        using var value = SecretValue.FromBytes(bytes);
        return Convert.ToBase64String(SealedBox.Seal(value, Convert.FromBase64String(key)));
    }

    public static string Word(FakeStore store) => store.ToString().ToLowerInvariant();

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await GitHub.DisposeAsync();
    }
}

/// <summary>What came back.</summary>
internal sealed record GitHubReply(int Status, JsonNode? Body, IReadOnlyDictionary<string, string> Headers)
{
    public string Message => Text("message");

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    public string Text(string member) => Body?[member]?.ToString() ?? "";

    /// <summary>Of the secrets in a list.</summary>
    public IReadOnlyList<string> Names => [.. (Body?["secrets"]?.AsArray() ?? []).Select(secret => secret!["name"]!.ToString())];
}
