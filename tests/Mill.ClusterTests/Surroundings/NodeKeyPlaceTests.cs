using System.Globalization;
using System.Security.Cryptography;
using Mill.ClusterTests.Backups;
using Mill.ClusterTests.Canaries;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Xunit;

namespace Mill.ClusterTests.Surroundings;

/// <summary>The nodes of a cluster keep the master key where they keep no data, with real processes on the loopback.</summary>
public sealed class NodeKeyPlaceTests : IDisposable
{
    private const int PreconditionFailed = 6;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Two nodes of one machine, and a machine of its own.</summary>
    private readonly Sandbox _sandbox = new();
    private readonly Sandbox _other = new();
    private readonly List<MillProcess> _processes = [];

    /// <summary>Nobody else's, whatever else runs here.</summary>
    private readonly string _network = string.Create(CultureInfo.InvariantCulture, $"127.{RandomNumberGenerator.GetInt32(64, 255)}.{RandomNumberGenerator.GetInt32(256)}");

    public void Dispose()
    {
        _sandbox.Dispose();
        _other.Dispose();
    }

    [Fact]
    public async Task The_key_is_in_a_file_for_its_owner_that_nodes_of_one_machine_share_and_never_with_the_data()
    {
        var (one, two, three) = (Data(_sandbox, "one"), Data(_sandbox, "two"), Data(_other, "three"));
        try
        {
            var first = Start(_sandbox, null, "init", "--advertise", $"{_network}.1", "--name", "one", "--data-dir", one);
            await first.AddressAsync();
            Assert.Contains($"master key in {_sandbox.KeyFile}", first.Errors, StringComparison.Ordinal);
            Assert.Contains("made just now", first.Errors, StringComparison.Ordinal);
            var key = await File.ReadAllTextAsync(_sandbox.KeyFile);
            await (await JoinAsync(_sandbox, one, 2, "two", two)).AddressAsync();
            await RefuseAnotherKeyAsync(one, three);
            await (await JoinAsync(_other, one, 3, "three", three, "--master-key-file", OtherPlace)).AddressAsync();
            Assert.Equal((key, key), (await File.ReadAllTextAsync(OtherPlace), await File.ReadAllTextAsync(_sandbox.KeyFile)));

            await StopAllAsync();
            var again = ((Sandbox Sandbox, string Data)[])[(_sandbox, one), (_sandbox, two), (_other, three)];
            var servers = again.Select(node => Start(node.Sandbox, null, "server", "--data-dir", node.Data)).ToList();
            foreach (var server in servers) await server.AddressAsync();
            Assert.All(servers, server => Assert.DoesNotContain("sealed", server.Errors, StringComparison.OrdinalIgnoreCase));

            // What runs locks files.
            await StopAllAsync();
            Assert.All((string[])[_sandbox.KeyFile, OtherPlace], file => Assert.Equal(OwnerOnly, File.GetUnixFileMode(file)));
            foreach (var (sandbox, data) in again) RequireWithout(sandbox, data, key.Trim());
        }
        finally
        {
            await StopAllAsync();
        }
    }

    private string OtherPlace => Path.Combine(_other.Root, "keys", "mill.key");

    /// <summary>A machine on which <c>mill dev</c> ran before: its key is for other data, and is not to be touched.</summary>
    private async Task RefuseAnotherKeyAsync(string cluster, string data)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_other.KeyFile)!);
        TestKey.WriteOther(_other.KeyFile);
        var before = FileStates.Of(_other.Config);
        var process = await JoinAsync(_other, cluster, 3, "three", data);
        new Said(await process.ExitAsync(), process.Output, process.Errors).Refuses(PreconditionFailed, $"The master key at {_other.KeyFile} is not that of the cluster", "--master-key-file");
        Assert.Equal(before, FileStates.Of(_other.Config));
        Assert.False(File.Exists(Path.Combine(data, "node.json")));
    }

    private async Task<MillProcess> JoinAsync(Sandbox sandbox, string cluster, int number, string name, string data, params string[] more)
    {
        var access = new Dictionary<string, string>
        {
            ["MILL_ADDRESS"] = $"https://{_network}.1:4400",
            ["MILL_CACERT"] = Path.Combine(cluster, "ca.crt"),
            ["MILL_TOKEN"] = (await File.ReadAllTextAsync(Path.Combine(cluster, "operator.token"))).Trim(),
        };
        await using var token = MillProcess.Start(_sandbox, ["join-token"], access);
        Assert.True(await token.ExitAsync() is 0, token.Errors);
        return Start(sandbox, new() { ["MILL_JOIN_TOKEN"] = token.Output.Trim() }, ["join", $"{_network}.1", "--advertise", $"{_network}.{number}", "--name", name, "--data-dir", data, .. more]);
    }

    private MillProcess Start(Sandbox sandbox, Dictionary<string, string>? environment, params string[] arguments)
    {
        var process = MillProcess.Start(sandbox, arguments, environment);
        _processes.Add(process);
        return process;
    }

    /// <summary>All at once, and not with a kill: each ends its engine, too.</summary>
    private async Task StopAllAsync()
    {
        foreach (var process in _processes) process.Send(Signal.Terminate);
        foreach (var process in _processes)
        {
            await process.ExitAsync();
            await process.DisposeAsync();
        }
        _processes.Clear();
    }

    private static string Data(Sandbox sandbox, string name) => Path.Combine(sandbox.Root, name);

    private static void RequireWithout(Sandbox sandbox, string directory, string key)
    {
        var raw = Convert.FromBase64String(key);
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories).Where(IsData))
        {
            Assert.True(File.ReadAllBytes(path).AsSpan().IndexOf(raw) < 0, $"The key is in {path}.");
        }
        Assert.True(Hiding.RequireNotInFiles(sandbox, [new Canary(key)], IsData) > 5);

        bool IsData(string path) => path.StartsWith(directory + '/', StringComparison.Ordinal);
    }
}
