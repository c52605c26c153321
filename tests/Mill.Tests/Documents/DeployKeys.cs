using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Mill.Secrets;
using Mill.Sync.Sealing;

namespace Mill.Tests.Documents;

/// <summary>What somebody may have who tests it with the fake GitHub: it reads a list in pages, seals a value, and sends an event. It retries nothing.</summary>
internal sealed class DeployKeys : IDisposable
{
    private readonly HttpClient _http;

    public DeployKeys(Uri api, string token)
    {
        _http = new() { BaseAddress = api };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("deploy-keys");
    }

    public async Task EnsureAsync(string repository, string name, string text)
    {
        for (var page = 1; ; page++)
        {
            var secrets = (await ReadAsync($"repos/{repository}/actions/secrets?page={page}"))["secrets"]!.AsArray();
            if (secrets.Any(secret => (string?)secret!["name"] == name)) return;
            if (secrets.Count is 0) break;
        }
        var key = await ReadAsync($"repos/{repository}/actions/secrets/public-key");
        using var value = SecretValue.FromText(text);
        var box = SealedBox.Seal(value, Convert.FromBase64String((string)key["key"]!));
        await SendAsync(HttpMethod.Put, $"repos/{repository}/actions/secrets/{name}", new() { ["encrypted_value"] = Convert.ToBase64String(box), ["key_id"] = (string?)key["key_id"] });
    }

    public Task AskForRotationAsync(string repository, string name) =>
        SendAsync(HttpMethod.Post, $"repos/{repository}/dispatches", new() { ["event_type"] = "rotate", ["client_payload"] = new JsonObject { ["name"] = name } });

    public void Dispose() => _http.Dispose();

    private async Task<JsonObject> ReadAsync(string path) => (await _http.GetFromJsonAsync<JsonObject>(new Uri(path, UriKind.Relative)))!;

    private async Task SendAsync(HttpMethod method, string path, JsonObject body)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = JsonContent.Create(body) };
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
    }
}
