using System.Security.Cryptography;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>A master key that is missing, wrong or no key: the vault says so, loses nothing, and opens once the right one is there.</summary>
public sealed class MasterKeyTests : IAsyncLifetime, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Sandbox _sandbox = new();
    private string _key = "";
    private string _keyId = "";

    public async Task InitializeAsync()
    {
        await using var server = await MillServer.StartAsync(_sandbox);
        Assert.Equal(201, (await server.Api.SetAsync("NAME", "value")).Status);
        _keyId = (await server.Api.GetAsync("/v1/status")).Body!["seal"]!["present_key_id"]!.GetValue<string>();
        Assert.Equal(0, await server.StopAsync());
        _key = await File.ReadAllTextAsync(_sandbox.KeyFile);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Without_its_key_the_vault_starts_sealed_and_opens_when_the_key_appears()
    {
        File.Delete(_sandbox.KeyFile);
        await using var server = await MillServer.StartAsync(_sandbox);
        Assert.False(File.Exists(_sandbox.KeyFile), "A store with records never gets a new key.");
        await RequireSealedAsync(server.Api, present: null);
        await PutKeyAsync(_key);
        await RequireOpeningAsync(server);
    }

    [Fact]
    public async Task With_another_key_the_vault_starts_sealed_and_names_both()
    {
        await PutKeyAsync(OtherKey());
        await using var server = await MillServer.StartAsync(_sandbox);
        var present = (await server.Api.GetAsync("/v1/status")).Body!["seal"]!["present_key_id"]!.GetValue<string>();
        Assert.NotEqual(_keyId, present);
        await RequireSealedAsync(server.Api, present);
        await PutKeyAsync("no key at all");
        await PutKeyAsync(_key);
        await RequireOpeningAsync(server);
    }

    [Fact]
    public async Task What_appears_and_is_no_key_leaves_a_sealed_vault_sealed()
    {
        File.Delete(_sandbox.KeyFile);
        await using var server = await MillServer.StartAsync(_sandbox);
        await PutKeyAsync("no key at all");
        await Until.TrueAsync("the log says that this is no key", Patience, () => Task.FromResult(server.Process.Errors.Contains(_sandbox.KeyFile, StringComparison.Ordinal)));
        await RequireSealedAsync(server.Api, present: null);
        await PutKeyAsync(_key);
        await RequireOpeningAsync(server);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no key at all")]
    [InlineData("c2hvcnQ=")]
    public async Task What_is_no_key_is_refused_without_being_shown(string text)
    {
        await PutKeyAsync(text);
        var refusal = await MillServer.RefuseAsync(_sandbox);
        Manners.Require(refusal, ExitCode.InvalidMasterKey, _sandbox.KeyFile);
        if (text.Length > 0) Assert.DoesNotContain(text, refusal.Errors, StringComparison.Ordinal);
        var environment = new Dictionary<string, string> { ["MILL_MASTER_KEY"] = text.Length > 0 ? text : " " };
        Manners.Require(await MillServer.RefuseAsync(_sandbox, environment), ExitCode.InvalidMasterKey, "MILL_MASTER_KEY");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.GroupWrite)]
    public async Task A_key_file_open_to_others_is_refused_with_the_command_that_closes_it(UnixFileMode others)
    {
        File.SetUnixFileMode(_sandbox.KeyFile, OwnerOnly | others);
        Manners.Require(await MillServer.RefuseAsync(_sandbox), ExitCode.InvalidMasterKey, $"chmod 600 {_sandbox.KeyFile}");
        File.SetUnixFileMode(_sandbox.KeyFile, OwnerOnly);
        await using var server = await MillServer.StartAsync(_sandbox);
        await RequireOpeningAsync(server);
    }

    [Fact]
    public async Task A_key_in_the_environment_opens_the_vault_without_a_file()
    {
        File.Delete(_sandbox.KeyFile);
        await using var server = await MillServer.StartAsync(_sandbox, new Dictionary<string, string> { ["MILL_MASTER_KEY"] = _key.Trim() });
        await RequireOpeningAsync(server);
        Assert.False(File.Exists(_sandbox.KeyFile));
    }

    private static string OtherKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    private async Task RequireSealedAsync(MillApi api, string? present)
    {
        var ready = await api.GetAsync("/readyz");
        Assert.Equal((503, "vault_sealed"), (ready.Status, ready.Code));
        Assert.Equal(200, (await api.GetAsync("/healthz")).Status);
        var seal = (await api.GetAsync("/v1/status")).Body!["seal"]!;
        Assert.True(seal["sealed"]!.GetValue<bool>());
        Assert.Equal(_keyId, seal["needed_key_id"]!.GetValue<string>());
        Assert.Equal(present, seal["present_key_id"]?.GetValue<string>());
        Assert.Contains("NAME", (await api.GetAsync("/v1/secrets")).Text, StringComparison.Ordinal);
        Assert.Equal(200, (await api.GetAsync("/v1/secrets/NAME/history")).Status);
        foreach (var refused in new[] { await api.GetAsync("/v1/secrets/NAME"), await api.SetAsync("NAME", "other"), await api.SetAsync("NEW", "value"), await api.SendAsync(HttpMethod.Delete, "/v1/secrets/NAME", null), await api.VerifyAsync() })
        {
            Assert.Equal((503, "vault_sealed"), (refused.Status, refused.Code));
            Assert.Contains(_keyId, refused.Text, StringComparison.Ordinal);
            Assert.Contains(present ?? "none", refused.Text, StringComparison.Ordinal);
        }
    }

    private static async Task RequireOpeningAsync(MillServer server)
    {
        await Until.TrueAsync("ready", Patience, async () => (await server.Api.GetAsync("/readyz")).Status == 200);
        Assert.Equal("value"u8.ToArray(), (await server.Api.GetAsync("/v1/secrets/NAME")).Value());
        Assert.Single((await server.Api.GetAsync("/v1/secrets/NAME/history")).Body!["versions"]!.AsArray());
        Assert.Equal(201, (await server.Api.SetAsync("NEW", "value")).Status);
        Manners.RequireNoTrace(server.Process.Errors);
    }

    private async Task PutKeyAsync(string text)
    {
        var draft = Path.Combine(_sandbox.Config, "draft");
        await File.WriteAllTextAsync(draft, text);
        File.SetUnixFileMode(draft, OwnerOnly);
        File.Move(draft, _sandbox.KeyFile, overwrite: true);
    }
}
