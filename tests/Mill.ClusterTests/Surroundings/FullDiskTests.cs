using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>No space left: writes are refused and nothing else happens, until there is space.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly Sandbox _sandbox = new();
    private readonly Dictionary<string, string> _acknowledged = [];

    public void Dispose() => _sandbox.Dispose();

    [MountFact]
    public async Task A_disk_that_fills_up_refuses_writes_answers_reads_and_recovers_by_itself()
    {
        using var disk = Mount.Small(_sandbox.Data, "6m");
        var filler = _sandbox.DataFile("filler");
        await File.WriteAllBytesAsync(filler, new byte[2 * 1024 * 1024]);
        await using (var server = await MillServer.StartAsync(_sandbox))
        {
            await FillAsync(server.Api, "first");
            await RequireReadableAsync(server.Api);
            File.Delete(filler);
            await RequireWritableAsync(server.Api, "after-the-file-was-removed");
            await FillAsync(server.Api, "second");
            disk.Resize("30m");
            await RequireWritableAsync(server.Api, "after-the-disk-grew");
            await RequireReadableAsync(server.Api);
            await server.Process.KillAsync();
            Manners.RequireNoTrace(server.Process.Errors);
        }
        await using var again = await MillServer.StartAsync(_sandbox);
        await RequireReadableAsync(again.Api);
    }

    [MountFact]
    public async Task A_server_killed_on_a_full_disk_starts_again_with_everything_once_there_is_space()
    {
        using var disk = Mount.Small(_sandbox.Data, "4m");
        await using (var server = await MillServer.StartAsync(_sandbox))
        {
            await FillAsync(server.Api, "secret");
            await server.Process.KillAsync();
        }
        await TryToStartAsync();
        disk.Resize("30m");
        await using var again = await MillServer.StartAsync(_sandbox);
        await RequireReadableAsync(again.Api);
        await RequireWritableAsync(again.Api, "afterwards");
    }

    /// <summary>However little there is: it serves, or says what is missing and leaves nothing behind that the next start would trip over.</summary>
    [MountFact]
    public async Task A_first_start_on_a_disk_with_too_little_space_says_so_and_can_be_repeated()
    {
        foreach (var space in (string[])["4k", "8k", "16k", "24k", "32k", "48k", "64k", "80k", "96k"])
        {
            using var sandbox = new Sandbox();
            using var disk = Mount.Small(sandbox.Data, space);
            await TryToStartAsync(sandbox);
            disk.Resize("8m");
            await using var server = await MillServer.StartAsync(sandbox);
            Assert.Equal(201, (await server.Api.SetAsync("afterwards", "value")).Status);
        }
    }

    private Task TryToStartAsync() => TryToStartAsync(_sandbox);

    private static async Task TryToStartAsync(Sandbox sandbox)
    {
        try
        {
            await using var server = await MillServer.StartAsync(sandbox);
            Manners.RequireNoTrace(server.Process.Errors);
        }
        catch (MillDidNotStartException refusal)
        {
            Manners.Require(refusal, ExitCode.Unavailable, sandbox.Data, "space");
        }
    }

    /// <summary>Several writers at once, until each was refused.</summary>
    private async Task FillAsync(MillApi api, string prefix)
    {
        await Task.WhenAll(Enumerable.Range(0, 3).Select(writer => FillAsync(api, prefix, writer)));
        Assert.Equal("storage_full", (await api.SetAsync("too-much", new string('x', 200_000))).Code);
        Assert.Equal(200, (await api.GetAsync("/healthz")).Status);
    }

    private async Task FillAsync(MillApi api, string prefix, int writer)
    {
        for (var i = 0; ; i++)
        {
            var (name, value) = ($"{prefix}/{writer}/{i}", $"{i} {new string((char)('a' + (i % 26)), 20_000)}");
            var reply = await api.SetAsync(name, value);
            if (reply.Status == 503)
            {
                Assert.Equal("storage_full", reply.Code);
                return;
            }
            Assert.Equal(201, reply.Status);
            lock (_acknowledged) _acknowledged.Add(name, value);
        }
    }

    private async Task RequireWritableAsync(MillApi api, string name)
    {
        Assert.Equal(201, (await api.SetAsync(name, name)).Status);
        _acknowledged.Add(name, name);
    }

    private async Task RequireReadableAsync(MillApi api)
    {
        foreach (var (name, value) in _acknowledged) Assert.Equal(value, (await api.GetAsync($"/v1/secrets/{name}")).Body!["value"]!.GetValue<string>());
        Assert.Equal(_acknowledged.Count, (await api.GetAsync("/v1/status")).Body!["counts"]!["secrets"]!.GetValue<int>());
        Assert.True((await api.VerifyAsync()).Body!["sound"]!.GetValue<bool>());
    }
}
