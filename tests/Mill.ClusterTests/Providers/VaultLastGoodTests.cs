using System.Text;
using Mill.Client.Providers;
using Mill.ClusterTests.Canaries;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Providers;

/// <summary>The file with the last good values: for the holder of the token, and nobody else.</summary>
public sealed class VaultLastGoodTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly VaultServer _vault = new();
    private readonly Canary _canary = new($"canary-{Guid.NewGuid():N}");

    public Task InitializeAsync() => _vault.InitializeAsync();

    public Task DisposeAsync() => _vault.DisposeAsync();

    public void Dispose() => _vault.Dispose();

    private string Directory => _vault.PathOf("kept");

    private VaultProviderOptions Options => _vault.Options() with { LastGoodFile = Path.Combine(Directory, "last-good") };

    [Fact]
    public async Task The_file_is_for_its_owner_only_and_shows_nothing()
    {
        await FillAsync();
        var file = await File.ReadAllBytesAsync(Options.LastGoodFile!);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Options.LastGoodFile!));
        Assert.False(_canary.IsIn(file));
        foreach (var text in new[] { "secret_key", _vault.Sandbox.Token! }) Assert.Equal(-1, file.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)));
        Assert.Equal([Options.LastGoodFile!], System.IO.Directory.EnumerateFileSystemEntries(Directory));
    }

    [Fact]
    public async Task It_is_written_while_the_provider_runs()
    {
        System.IO.Directory.CreateDirectory(Directory);
        await _vault.SetAsync("secret_key", _canary.Text);
        await using var provider = await VaultProvider.OpenAsync(Options);
        await VaultServer.GivesAsync(provider, "secret_key", _canary.Text);
        await Until.TrueAsync("the file is there", Patience, () => Task.FromResult(File.Exists(Options.LastGoodFile)));
    }

    [Fact]
    public async Task It_opens_for_the_same_token_address_tenant_and_prefix_only()
    {
        await FillAsync();
        var (_, other) = await _vault.CreateTokenAsync();
        await _vault.StopAsync();
        Assert.True(await OpensAsync(Options));
        Assert.False(await OpensAsync(Options with { Server = Options.Server with { Token = other } }));
        Assert.False(await OpensAsync(Options with { Server = Options.Server with { Token = null } }));
        Assert.False(await OpensAsync(Options with { Server = Options.Server with { Address = new($"http://localhost:{_vault.Address.Port}") } }));
        Assert.False(await OpensAsync(Options with { Server = Options.Server with { Tenant = "other" } }));
        Assert.False(await OpensAsync(Options with { Prefix = "secret_" }));
    }

    [Fact]
    public async Task A_damaged_or_half_written_one_is_none_and_is_replaced()
    {
        await FillAsync();
        var file = await File.ReadAllBytesAsync(Options.LastGoodFile!);
        await _vault.StopAsync();
        for (var length = 0; length < file.Length; length += 7) await AssertNoneAsync(file[..length]);
        for (var at = 0; at < file.Length; at += 5) await AssertNoneAsync([.. file[..at], (byte)(file[at] ^ 1), .. file[(at + 1)..]]);
        await AssertNoneAsync([.. file, 0]);
        await _vault.StartAsync();
        await FillAsync();
        await _vault.StopAsync();
        Assert.True(await OpensAsync(Options));
    }

    [Fact]
    public async Task A_place_that_takes_no_file_stops_nobody()
    {
        await _vault.SetAsync("secret_key", _canary.Text);
        await using var provider = await VaultProvider.OpenAsync(Options); // there is no such directory
        await VaultServer.GivesAsync(provider, "secret_key", _canary.Text);
        await provider.DisposeAsync();
        Assert.False(System.IO.Directory.Exists(Directory));
    }

    /// <summary>A provider has used the secret, and has ended.</summary>
    private async Task FillAsync()
    {
        System.IO.Directory.CreateDirectory(Directory);
        await _vault.SetAsync("secret_key", _canary.Text);
        await using var provider = await VaultProvider.OpenAsync(Options);
        await VaultServer.GivesAsync(provider, "secret_key", _canary.Text);
    }

    private async Task AssertNoneAsync(byte[] file)
    {
        await File.WriteAllBytesAsync(Options.LastGoodFile!, file);
        Assert.False(await OpensAsync(Options), $"{file.Length} bytes");
    }

    /// <summary>Whether the secret is known without the vault.</summary>
    private async Task<bool> OpensAsync(VaultProviderOptions options)
    {
        await using var provider = await VaultProvider.OpenAsync(options with { Start = VaultStart.Optional });
        var lookup = await provider.TryGetAsync("secret_key");
        Assert.NotNull(lookup.Error);
        return VaultServer.Text(lookup) == _canary.Text;
    }
}
