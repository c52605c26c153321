using Mill.Hosting.Cluster;
using Mill.Secrets;
using Xunit;

namespace Mill.Tests.Hosting;

/// <summary>What a node remembers of itself.</summary>
public sealed class NodeFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("mill-node-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_written_is_read_again()
    {
        var file = new NodeFile { NodeName = "n1", Address = "10.0.0.1", ApiPort = 4400, PeerPort = 4402, Role = "both", NodeId = "0102030405060708", ClusterId = "c", StorageQuota = 1 << 30, JoinsExisting = true };
        file.Write(_directory);
        var read = NodeFile.Read(_directory);
        Assert.Equivalent(file, read, strict: true);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, NodeFile.Name)));
    }

    [Fact]
    public void Where_there_is_none_there_is_no_node() => Assert.Null(NodeFile.Read(_directory));

    /// <summary>As the first version wrote it, and with what a later one may have added.</summary>
    [Fact]
    public void What_an_older_version_left_out_has_its_usual_value()
    {
        Write("""{ "format": 1, "node_name": "n1", "address": "10.0.0.1", "api_port": 4400, "peer_port": 4402, "role": "vault", "unknown": true }""");
        var file = NodeFile.Read(_directory)!;
        Assert.Equal(("n1", "vault", null, false), (file.NodeName, file.Role, file.StorageQuota, file.Removed));
        Assert.Empty(file.Members);
    }

    [Theory]
    [InlineData("""{ "format": 2, "node_name": "n1", "address": "10.0.0.1", "api_port": 4400, "peer_port": 4402, "role": "both" }""")]
    [InlineData("""{ "format": 1, "node_name": "n1" }""")]
    [InlineData("{ \"format\": 1, ")]
    [InlineData("")]
    public void What_it_does_not_understand_it_refuses(string text)
    {
        Write(text);
        Assert.Equal(MillError.StorageDamaged, Assert.Throws<MillException>(() => NodeFile.Read(_directory)).Error);
    }

    private void Write(string text) => File.WriteAllText(Path.Combine(_directory, NodeFile.Name), text);
}
