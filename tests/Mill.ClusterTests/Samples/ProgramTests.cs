using System.Net;
using Mill.ClusterTests.Processes;
using Mill.ClusterTests.Providers;
using Xunit;

namespace Mill.ClusterTests.Samples;

/// <summary>The small applications do what their first lines promise.</summary>
public sealed class ProgramTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Sandbox _sandbox = new();

    private string SecretFile => Path.Combine(_sandbox.Root, "secrets.env");

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task The_worker_tells_which_secrets_change_and_never_what_they_are()
    {
        Write("DB_PASSWORD=canary-1\n");
        await using var worker = SampleProcess.Start(_sandbox, "Worker", [], FromFile());
        await worker.SaysAsync("Application started");
        Write("DB_PASSWORD=canary-2\nAPI_KEY=canary-3\n");
        await worker.SaysAsync("Added: API_KEY");
        await worker.SaysAsync("Rotated: DB_PASSWORD");
        Write("API_KEY=canary-3\n");
        await worker.SaysAsync("Removed: DB_PASSWORD");
        Assert.Equal(0, await worker.StopAsync());
        Assert.DoesNotContain("canary", worker.Said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_web_application_starts_without_a_vault_and_takes_the_key_when_there_is_one()
    {
        using var vault = new VaultServer();
        await vault.InitializeAsync();
        await vault.SetAsync("Shop__ApiKey", "canary-key-1");
        await vault.StopAsync();
        await using var web = SampleProcess.Start(_sandbox, "Web", [], new Dictionary<string, string>
        {
            ["SECRET_PROVIDER_CHAIN"] = "vault",
            ["MILL_ADDRESS"] = vault.Address.ToString(),
            ["MILL_TOKEN"] = vault.Sandbox.Token!,
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
        });
        const string Listening = "Now listening on: ";
        await web.SaysAsync(Listening);
        using var http = new HttpClient { BaseAddress = new(web.Said.Split(Listening)[1].Split('\n')[0].Trim()) };
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.ServiceUnavailable), (await OrderAsync(http, "canary-key-1"), (await http.GetAsync(new Uri("/healthz", UriKind.Relative))).StatusCode));
        await vault.StartAsync();
        await AcceptsAsync(http, "canary-key-1");
        await vault.SetAsync("Shop__ApiKey", "canary-key-2");
        await AcceptsAsync(http, "canary-key-2");
        Assert.Equal(HttpStatusCode.Unauthorized, await OrderAsync(http, "canary-key-1"));
        Assert.Equal("Healthy", await http.GetStringAsync(new Uri("/healthz", UriKind.Relative)));
        Assert.Equal(0, await web.StopAsync());
        await vault.StopAsync();
        Assert.Contains("The shop has its settings", web.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", web.Said, StringComparison.Ordinal);
    }

    private Dictionary<string, string> FromFile() => new() { ["SECRET_PROVIDER_CHAIN"] = "file", ["SECRET_FILE_PATH"] = SecretFile };

    /// <summary>As editors do: whole, and for its owner only.</summary>
    private void Write(string content)
    {
        var next = SecretFile + ".next";
        File.WriteAllText(next, content);
        File.SetUnixFileMode(next, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Move(next, SecretFile, overwrite: true);
    }

    private static Task AcceptsAsync(HttpClient http, string key) => Until.TrueAsync("the key is accepted", Patience, async () => await OrderAsync(http, key) is HttpStatusCode.OK);

    private static async Task<HttpStatusCode> OrderAsync(HttpClient http, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/orders") { Headers = { { "X-Api-Key", key } } };
        using var answer = await http.SendAsync(request);
        return answer.StatusCode;
    }
}
