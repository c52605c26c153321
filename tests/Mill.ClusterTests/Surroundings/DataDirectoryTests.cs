using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>Places that are no place for a store, and what a server keeps in one that is.</summary>
public sealed class DataDirectoryTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const string Nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";

    private readonly Sandbox _sandbox = new();

    public void Dispose() => _sandbox.Dispose();

    [Fact]
    public async Task Everything_a_server_keeps_is_for_its_owner_only()
    {
        await using var server = await MillServer.StartAsync(_sandbox);
        await server.Api.SetAsync("NAME", "value");
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(_sandbox.Data));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_sandbox.KeyFile));
        Assert.Equal(OwnerOnly, File.GetUnixFileMode(_sandbox.TokenFile));
        Assert.All(Directory.EnumerateFiles(_sandbox.Data), file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task A_restart_keeps_token_and_data()
    {
        string? token;
        await using (var server = await MillServer.StartAsync(_sandbox))
        {
            token = _sandbox.Token;
            Assert.Equal(201, (await server.Api.SetAsync("NAME", "value")).Status);
            Assert.Equal(0, await server.StopAsync());
        }
        await using var again = await MillServer.StartAsync(_sandbox);
        Assert.Equal(token, _sandbox.Token);
        Assert.Equal("value"u8.ToArray(), (await again.Api.GetAsync("/v1/secrets/NAME")).Value());
    }

    [Fact]
    public async Task A_second_server_on_the_same_data_is_refused_and_the_first_is_unharmed()
    {
        await using var first = await MillServer.StartAsync(_sandbox);
        Manners.Require(await MillServer.RefuseAsync(_sandbox), ExitCode.InUse, _sandbox.Data, $"{first.Process.Id}");
        Assert.Equal(201, (await first.Api.SetAsync("NAME", "value")).Status);
        Assert.True((await first.Api.VerifyAsync()).Body!["sound"]!.GetValue<bool>());
        Assert.Equal(0, await first.StopAsync());
        await using var next = await MillServer.StartAsync(_sandbox);
        Assert.Equal("value"u8.ToArray(), (await next.Api.GetAsync("/v1/secrets/NAME")).Value());
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_refused()
    {
        await File.WriteAllTextAsync(_sandbox.Data, "");
        Manners.Require(await MillServer.RefuseAsync(_sandbox), ExitCode.Unavailable, _sandbox.Data);
        Assert.Equal("", await File.ReadAllTextAsync(_sandbox.Data));
    }

    [MountFact]
    public async Task A_data_directory_that_is_read_only_is_refused()
    {
        await using (var server = await MillServer.StartAsync(_sandbox)) Assert.Equal(0, await server.StopAsync());
        using (Mount.ReadOnly(_sandbox.Data)) Manners.Require(await MillServer.RefuseAsync(_sandbox), ExitCode.Unavailable, _sandbox.Data);
        await using var again = await MillServer.StartAsync(_sandbox);
    }

    [MountFact]
    public async Task A_data_directory_of_somebody_else_is_refused()
    {
        await using (var server = await MillServer.StartAsync(_sandbox)) Assert.Equal(0, await server.StopAsync());
        Manners.Require(await MillServer.RefuseAsync(_sandbox, runner: Nobody), ExitCode.Unavailable, _sandbox.Data);
        await using var again = await MillServer.StartAsync(_sandbox);
    }

    [Fact]
    public async Task A_token_file_that_cannot_be_written_is_refused_with_its_name()
    {
        Directory.CreateDirectory(_sandbox.TokenFile);
        Manners.Require(await MillServer.RefuseAsync(_sandbox), ExitCode.Unavailable, _sandbox.TokenFile);
        Directory.Delete(_sandbox.TokenFile);
        await using var again = await MillServer.StartAsync(_sandbox);
        Assert.Equal(201, (await again.Api.SetAsync("NAME", "value")).Status);
    }
}
