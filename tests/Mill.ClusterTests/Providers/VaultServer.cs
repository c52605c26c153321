using System.Text;
using System.Text.Json.Nodes;
using Mill.Client;
using Mill.Client.Providers;
using Mill.ClusterTests.Processes;
using Mill.Secrets.Providers;
using Xunit;

namespace Mill.ClusterTests.Providers;

/// <summary>A real vault that comes and goes, always at the same address, and a hand that changes what is in it.</summary>
public sealed class VaultServer : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private MillServer? _server;

    internal Sandbox Sandbox { get; } = new();

    internal MillServer Running => _server ?? throw new InvalidOperationException("The vault is away.");

    internal bool IsRunning => _server is not null;

    internal Uri Address { get; private set; } = MillClientOptions.DefaultAddress;

    /// <summary>Where a test may keep a file.</summary>
    internal string PathOf(string name) => Path.Combine(Sandbox.Root, name);

    public async Task InitializeAsync()
    {
        _server = await MillServer.StartAsync(Sandbox);
        Address = new(_server.Address);
    }

    public async Task DisposeAsync() => await StopAsync();

    public void Dispose() => Sandbox.Dispose();

    internal async Task StopAsync()
    {
        if (_server is { } server) await server.DisposeAsync();
        _server = null;
    }

    internal async Task StartAsync() => _server = await MillServer.StartAsync(Sandbox, null, null, "--listen", Address.Authority);

    /// <summary>Does something to a vault that nobody else can reach meanwhile.</summary>
    internal async Task AsideAsync(Func<VaultServer, Task> change)
    {
        _server = await MillServer.StartAsync(Sandbox);
        await change(this);
        await StopAsync();
    }

    internal async Task SetAsync(string name, string? value, bool force = false)
    {
        var path = $"/v1/secrets/{Uri.EscapeDataString(name)}{(force ? "?force=true" : "")}";
        var reply = value is null ? await Running.Api.SendAsync(HttpMethod.Delete, path, null) : await Running.Api.SendAsync(HttpMethod.Put, path, new JsonObject { ["value"] = value });
        Assert.True(reply.IsSuccess, reply.ToString());
    }

    internal async Task<(string Id, string Token)> CreateTokenAsync(string role = "writer", string? expiresIn = null)
    {
        var body = new JsonObject { ["subject"] = "app", ["role"] = role };
        if (expiresIn is not null) body["expires_in"] = expiresIn;
        var reply = await Running.Api.SendAsync(HttpMethod.Post, "/v1/tokens", body);
        Assert.True(reply.IsSuccess, reply.ToString());
        return ((string)reply.Body!["id"]!, (string)reply.Body!["token"]!);
    }

    internal async Task RevokeAsync(string id) => Assert.True((await Running.Api.SendAsync(HttpMethod.Delete, $"/v1/tokens/{id}", null)).IsSuccess);

    internal VaultProviderOptions Options(string? token = null) => new() { Server = new() { Address = Address, Token = token ?? Sandbox.Token } };

    internal ValueTask<VaultProvider> OpenAsync(string prefix = "") => VaultProvider.OpenAsync(Options() with { Prefix = prefix });

    /// <summary>Waits until the provider gives this; null is for a secret that does not exist.</summary>
    internal static Task GivesAsync(ISecretProvider provider, string key, string? value) => Until.TrueAsync($"{key} is {value ?? "not there"}, and nothing is wrong", Patience, async () =>
    {
        var lookup = await provider.TryGetAsync(key);
        return lookup.Error is null && Text(lookup) == value;
    });

    /// <summary>Waits until the provider says that it may not have the latest.</summary>
    internal static Task FailsAsync(VaultProvider provider) => Until.TrueAsync("the provider says that something is wrong", Patience, () => Task.FromResult(provider.LastError is not null));

    internal static Task IsWellAsync(VaultProvider provider) => Until.TrueAsync("the provider follows the vault", Patience, () => Task.FromResult(provider.LastError is null));

    internal static string? Text(SecretLookup lookup)
    {
        using var value = lookup.Value;
        return value?.Reveal(Encoding.UTF8.GetString);
    }
}
