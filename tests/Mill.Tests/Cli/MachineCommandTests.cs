using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Mill.State.Embedded;
using Mill.Tests.Client;
using Mill.Tests.Containers;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary>What somebody types about this machine, without a server.</summary>
public sealed class MachineCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-machine-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task A_machine_that_has_everything_is_fine()
    {
        await using var mill = await FakeMill.StartAsync();
        mill.On("GET /_ping", context =>
        {
            context.Response.Headers["Api-Version"] = "1.41";
            return FakeMill.WriteAsync(context, 200, "text/plain", "OK");
        });
        mill.On("GET /healthz", """{"status":"ok"}""");
        var session = Session.With(mill);
        session.Variables["DOCKER_HOST"] = $"tcp://{mill.Address.Authority}";
        session.Variables["MILL_DATA_DIR"] = Path.Combine(_directory, "not", "yet");
        Assert.Equal(0, await session.RunAsync("doctor"));
        Assert.Contains($"ok   containers: an Engine answers at tcp://{mill.Address.Authority}, API 1.41\n", session.Output, StringComparison.Ordinal);
        Assert.Contains($"ok   data directory: {_directory}/not/yet\n", session.Output, StringComparison.Ordinal);
        Assert.Contains("ok   disk: ", session.Output, StringComparison.Ordinal);
        Assert.Contains("ok   SQLite: libsqlite3.so.0\n", session.Output, StringComparison.Ordinal);
        Assert.Contains("-    etcd: not found; only the nodes of a cluster need it\n     hint: On Debian or Ubuntu: apt install etcd-server\n", session.Output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public async Task What_is_missing_is_named_with_what_to_do()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var session = new Session { Variables = { ["DOCKER_HOST"] = $"unix://{_directory}/docker.sock", ["MILL_DATA_DIR"] = "/proc/mill", ["MILL_ADDRESS"] = $"http://{other.LocalEndpoint}" } };
        _ = AnswerAsync(other);
        Assert.Equal(1, await session.RunAsync("doctor"));
        Assert.Contains($"-    containers: no Engine answers at unix://{_directory}/docker.sock\n     hint: Only containers need it. Install one: apt install docker.io", session.Output, StringComparison.Ordinal);
        Assert.Contains("FAIL data directory: nothing can be written in /proc\n     hint: ", session.Output, StringComparison.Ordinal);
        Assert.Contains($"FAIL port: something that is no Mill has {other.LocalEndpoint}\n     hint: ", session.Output, StringComparison.Ordinal);
        var json = new Session { Variables = { ["DOCKER_HOST"] = "nonsense", ["MILL_DATA_DIR"] = _directory, ["MILL_ADDRESS"] = "http://127.0.0.1:1" } };
        Assert.Equal(1, await json.RunAsync("doctor", "--json"));
        Assert.Equal("FAIL", JsonDocument.Parse(json.Output).RootElement.GetProperty("checks")[0].GetProperty("state").GetString());
    }

    [Fact]
    public async Task An_engine_that_is_installed_and_does_not_run_is_to_be_started()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "dockerd"), "");
        var session = new Session { Variables = { ["DOCKER_HOST"] = $"unix://{_directory}/docker.sock", ["PATH"] = _directory, ["MILL_DATA_DIR"] = _directory } };
        await session.RunAsync("doctor");
        Assert.Contains($"-    containers: no Engine answers at unix://{_directory}/docker.sock\n     hint: Only containers need it. It is installed, and does not run here: sudo systemctl start docker\n", session.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_that_an_option_names_is_told_by_that_option()
    {
        var session = new Session { Directory = _directory };
        Assert.Equal(7, await session.RunAsync("dev", "--docker", "tcp:nonsense", "--data-dir", Path.Combine(_directory, "data"), "--master-key-file", Path.Combine(_directory, "key")));
        Assert.Equal("error: --docker names no Docker Engine that can be reached.\nhint: Write --docker=unix:///var/run/docker.sock, or --docker=tcp://127.0.0.1:2375.\n", session.Error);
    }

    [Fact]
    public async Task What_is_deleted_is_listed_and_asked_about()
    {
        var data = Data();
        var no = At(data, isTerminal: true);
        no.Input = "n\n"u8.ToArray();
        Assert.Equal(130, await no.RunAsync("clean"));
        Assert.Contains($"    9B  {data}/dev.token\n", no.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(data, "mill.db")));
        var pipe = At(data);
        Assert.Equal(2, await pipe.RunAsync("clean"));
        Assert.EndsWith("hint: If that is meant: mill clean --force\n", pipe.Error, StringComparison.Ordinal);
        var yes = At(data);
        Assert.Equal(0, await yes.RunAsync("clean", "--force"));
        Assert.Empty(Directory.GetFileSystemEntries(data));
        var again = At(Path.Combine(_directory, "none"));
        Assert.Equal(0, await again.RunAsync("clean", "--force"));
        Assert.Equal($"there is nothing in {_directory}/none\n", again.Error);
    }

    [Fact]
    public async Task Nothing_is_deleted_under_a_server_that_runs_or_where_no_server_was()
    {
        var data = Data();
        using (DirectoryLock.Take(data, "hint"))
        {
            var session = At(data);
            Assert.Equal(12, await session.RunAsync("clean", "--force"));
        }
        Assert.True(File.Exists(Path.Combine(data, "mill.db")));
        var home = Path.Combine(_directory, "home");
        Directory.CreateDirectory(Path.Combine(home, "letters"));
        var other = new Session();
        Assert.Equal(2, await other.RunAsync("clean", "--force", "--data-dir", home));
        Assert.Equal($"error: {home} is no data directory of Mill, and is left as it is.\nhint: Name one that mill dev or a node keeps its data in: --data-dir DIR\n", other.Error);
        Assert.True(Directory.Exists(Path.Combine(home, "letters")));
    }

    [Fact]
    public async Task What_a_link_points_to_is_kept()
    {
        var (data, kept) = (Data(), Path.Combine(_directory, "kept"));
        Directory.CreateDirectory(kept);
        File.WriteAllText(Path.Combine(kept, "file"), "x");
        Directory.CreateSymbolicLink(Path.Combine(data, "link"), kept);
        Assert.Equal(0, await At(data).RunAsync("clean", "--force"));
        Assert.True(File.Exists(Path.Combine(kept, "file")));
        Assert.Empty(Directory.GetFileSystemEntries(data));
    }

    [Fact]
    public async Task What_it_runs_is_ended_and_its_files_in_memory_go_too()
    {
        var (data, memory) = (Data(), Path.Combine(_directory, "memory"));
        Directory.CreateDirectory(Path.Combine(memory, "web-1"));
        await using var engine = await FakeEngine.StartAsync(context => context.Response.WriteAsync(context.Request.Path.Value!.EndsWith("/containers/json", StringComparison.Ordinal) ? """[{"Id":"c1","State":"running"}]""" : ""));
        Keep(data, engine.Address.ToString(), memory);
        var no = At(data, isTerminal: true);
        no.Input = "n\n"u8.ToArray();
        Assert.Equal(130, await no.RunAsync("clean"));
        Assert.Contains($"  memory  {memory}\n       1  container at {engine.Address}\n", no.Output, StringComparison.Ordinal);
        Assert.True(Directory.Exists(memory));

        Assert.Equal(0, await At(data).RunAsync("clean", "--force"));
        Assert.False(Directory.Exists(memory));
        Assert.Empty(Directory.GetFileSystemEntries(data));
        Assert.Equal(["/v1.41/containers/c1/stop", "/v1.41/containers/c1?force=true&v=true"], engine.Asked.Where(path => path.Contains("/c1", StringComparison.Ordinal)));
        Assert.All(engine.Asked.Where(path => path.Contains("/json", StringComparison.Ordinal)), path => Assert.Contains("\"mill.cluster=abc\",\"mill.node=0102030405060708\"", Uri.UnescapeDataString(path), StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_Engine_that_is_gone_keeps_nobody_from_deleting_the_rest()
    {
        var data = Data();
        Keep(data, $"unix://{_directory}/docker.sock", Path.Combine(_directory, "memory"));
        var session = At(data);
        Assert.Equal(0, await session.RunAsync("clean", "--force"));
        Assert.Contains("Once it answers: docker rm -f $(docker ps -aq --filter label=mill.node=0102030405060708)\n", session.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(data));
    }

    /// <summary>As an agent leaves it.</summary>
    private static void Keep(string data, string engine, string memory) =>
        File.WriteAllText(Path.Combine(data, "agent.json"), $$"""{"life":1,"cluster":"abc","node":"0102030405060708","docker":"{{engine}}","memory":"{{memory}}"}""");

    private static async Task AnswerAsync(TcpListener listener)
    {
        using var client = await listener.AcceptTcpClientAsync();
        await client.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno"u8.ToArray());
    }

    private static Session At(string data, bool isTerminal = false) => new() { IsTerminal = isTerminal, Variables = { ["MILL_DATA_DIR"] = data } };

    private string Data()
    {
        var data = Path.Combine(_directory, "data");
        Directory.CreateDirectory(Path.Combine(data, "etcd", "member"));
        File.WriteAllText(Path.Combine(data, "mill.db"), "");
        File.WriteAllText(Path.Combine(data, "dev.token"), "mill_tok\n");
        return data;
    }
}
