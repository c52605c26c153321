using System.Text.Json;
using Mill.Commands;
using Mill.Hosting.Cluster;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Cli;

/// <summary><c>mill init</c>, <c>mill join</c> and <c>mill server</c>, up to where they begin: what cannot be meant is told before anything is there.</summary>
public sealed class NodeStartTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("init", "--advertise")]
    [InlineData("init --advertise 0.0.0.0", "no IP address", "127.0.0.1")]
    [InlineData("init --advertise 10.0.0.1:4400", "no IP address")]
    [InlineData("init --advertise node-1", "no IP address")]
    [InlineData("init --advertise 10.0.0.1 --role api", "api")]
    [InlineData("init --advertise 10.0.0.1 --port 70000", "--port", "65535")]
    [InlineData("init --advertise 10.0.0.1 --name .n --port 7000 --peer-port 7000", "--name", "--peer-port")]
    [InlineData("init --advertise 10.0.0.1 --etcd-ca ca.crt", "--etcd-endpoints")]
    [InlineData("init --advertise 10.0.0.1 --etcd-endpoints http://10.0.0.9:2379", "mutual TLS")]
    [InlineData("init --advertise 10.0.0.1 --etcd-endpoints 10.0.0.9:2379", "no address of an etcd member")]
    [InlineData("init --advertise 10.0.0.1 --data-dir=", "--data-dir")]
    [InlineData("init --advertise 10.0.0.1 --storage-quota 63M", "'63M' is not a size from 64M to 64G", "4G")]
    [InlineData("init --advertise 10.0.0.1 --storage-quota 65G", "not a size")]
    [InlineData("init --advertise 10.0.0.1 --storage-quota 9999999999G", "not a size")]
    [InlineData("init --advertise 10.0.0.1 --storage-quota 4294967296", "not a size")]
    [InlineData("init --advertise 10.0.0.1 --storage-quota 4G --etcd-endpoints http://127.0.0.1:2379", "--storage-quota", "runs none")]
    [InlineData("join 10.0.0.1 --advertise 10.0.0.2 --role api --storage-quota 4G --token mill_join_canary", "--storage-quota", "runs none")]
    [InlineData("server --storage-quota -1G", "not a size")]
    [InlineData("join", "ADDRESS")]
    [InlineData("join 10.0.0.1 --advertise 10.0.0.2", "MILL_JOIN_TOKEN", "mill join-token")]
    [InlineData("join 10.0.0.1 --advertise 10.0.0.2 --token mill_abc_canary", "a join token begins with mill_join_")]
    [InlineData("join 10.0.0.1 --advertise 10.0.0.2 --token canary", "not a join token")]
    [InlineData("join 10.0.0.1 --advertise 10.0.0.2 --token-file /nonexistent/token", "/nonexistent/token")]
    [InlineData("join http://10.0.0.1 --advertise 10.0.0.2 --token mill_join_canary", "no address of a node", "https://")]
    [InlineData("join 10.0.0.1/x --advertise 10.0.0.2 --token mill_join_canary", "no address of a node")]
    [InlineData("server --role leader", "vault, api, both")]
    [InlineData("server --vault 10.0.0.1", "no address of a vault", "https://")]
    public async Task What_cannot_be_meant_is_refused_before_anything_is_done(string line, params string[] said)
    {
        var directory = _directory.File("node");
        var session = new Session { Variables = { ["MILL_DATA_DIR"] = directory, ["MILL_TOKEN"] = "mill_somebody_canary" } };
        Assert.Equal(ExitCodes.Usage, await session.RunAsync(line.Split(' ')));
        Assert.StartsWith("error: ", session.Error, StringComparison.Ordinal);
        Assert.All(said, text => Assert.Contains(text, session.Error, StringComparison.Ordinal));
        Assert.DoesNotContain("canary", session.Error, StringComparison.Ordinal);
        Assert.Equal("", session.Output);
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_server_does_not_start_where_no_node_is_and_says_what_is_missing()
    {
        var session = new Session();
        Assert.Equal(ExitCodes.NotFound, await session.RunAsync("server", "--data-dir", _directory.File("node")));
        Assert.Contains("it has no node.json", session.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("init --advertise 127.0.0.1")]
    [InlineData("join 127.0.0.1 --advertise 127.0.0.2 --token mill_join_0123456789ab_canary_canary")]
    public async Task A_master_key_in_the_data_directory_or_nowhere_is_refused_before_anything_is_done(string line)
    {
        var directory = _directory.File("node");
        var session = new Session { Variables = { ["MILL_DATA_DIR"] = directory } };
        Assert.Equal(ExitCodes.Usage, await session.RunAsync(line.Split(' ')));
        Assert.Contains("There is no place for the master key", session.Error, StringComparison.Ordinal);
        // The home of a user that services run as is often their data directory.
        foreach (var (name, value) in new Dictionary<string, string> { ["HOME"] = directory, ["MILL_MASTER_KEY_FILE"] = Path.Combine(directory, "master.key") })
        {
            session = new Session { Variables = { ["MILL_DATA_DIR"] = directory, [name] = value } };
            Assert.Equal(ExitCodes.Usage, await session.RunAsync(line.Split(' ')));
            Assert.Contains("never kept with the data", session.Error, StringComparison.Ordinal);
            Assert.Contains("hint: Name a place outside of it: --master-key-file", session.Error, StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(directory));
    }

    [Theory]
    [InlineData(true, "made just now")]
    [InlineData(false, "was there already")]
    public async Task Who_founds_a_cluster_is_told_where_its_key_is_and_whether_it_is_new(bool isNew, string said)
    {
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory.Path } };
        await ShowAsync(session, Ready("canary", "mill_join_x", isNew));
        Assert.Contains("master key in /keys/master.key", session.Error, StringComparison.Ordinal);
        Assert.Contains(said, session.Error, StringComparison.Ordinal);
        session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory.Path } };
        await ShowAsync(session, Ready(null, null));
        Assert.DoesNotContain("already", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_node_tells_its_tokens_once_and_becomes_the_profile()
    {
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory.Path } };
        await ShowAsync(session, Ready("canary", "mill_join_x"));
        Assert.Equal("address: https://127.0.0.1:1\ntoken: canary\njoin-token: mill_join_x\n", session.Output);
        Assert.Contains("mill join 127.0.0.1:1 --advertise IP", session.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", session.Error, StringComparison.Ordinal);
        var profile = JsonDocument.Parse(await File.ReadAllTextAsync(_directory.File("profile.json"))).RootElement;
        Assert.Equal(("https://127.0.0.1:1", "canary", "init", "/data/ca.crt"), (Text("address"), Text("token"), Text("origin"), Text("ca_cert")));

        string? Text(string name) => profile.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Where_the_profile_is_somebodys_own_there_is_a_line_to_paste()
    {
        await File.WriteAllTextAsync(_directory.File("profile.json"), """{"address":"https://prod","token":"t","origin":"user"}""");
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory.Path } };
        await ShowAsync(session, Ready("canary", "mill_join_x"));
        Assert.Contains("export MILL_ADDRESS=https://127.0.0.1:1 MILL_CACERT=/data/ca.crt MILL_TOKEN=\"$(cat /data/operator.token)\"", session.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Any_other_node_tells_where_it_is_and_leaves_the_profile_alone()
    {
        var session = new Session { Variables = { ["MILL_CONFIG_DIR"] = _directory.Path } };
        await ShowAsync(session, Ready(null, null));
        Assert.Equal("address: https://127.0.0.1:1\n", session.Output);
        Assert.False(File.Exists(_directory.File("profile.json")));
    }

    [Fact]
    public async Task With_json_all_of_it_is_one_document()
    {
        var session = new Session();
        await ShowAsync(session, Ready("canary", "mill_join_x"), "--json");
        Assert.Equal(
            """{"address":"https://127.0.0.1:1","node":"n1","token":"canary","join_token":"mill_join_x","data_dir":"/data","ca_cert":"/data/ca.crt","sealed":false}""" + "\n",
            session.Output);
    }

    [Fact]
    public void Keys_and_tokens_do_not_become_text()
    {
        var texts = new object[] { new ServerOptions { DataDirectory = "d", MasterKey = "canary" }, new NewNodeOptions { DataDirectory = "d", Name = "n", Advertise = "10.0.0.1", MasterKey = "canary" }, Ready("canary", "canary") };
        Assert.All(texts, text => Assert.DoesNotContain("canary", $"{text}", StringComparison.Ordinal));
    }

    private static ClusterReady Ready(string? token, string? joinToken, bool madeKey = false) =>
        new("https://127.0.0.1:1", token, joinToken, new(MadeKeyFile: madeKey, new(false, null, null, null)), "n1", "/data", "/data/ca.crt", "/keys/master.key");

    private static Task ShowAsync(Session session, ClusterReady ready, params string[] args)
    {
        var global = new GlobalOptions(session.Host());
        return NodeWelcome.ShowAsync(global, MillCommand.Create(global).Parse([.. args, "server"]), ready, CancellationToken.None);
    }
}
