using Mill.Hosting.Cluster;
using Mill.Secrets;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Hosting;

/// <summary>How large the database of a node may grow, and what is said where it is larger already.</summary>
public sealed class StorageQuotaTests : IDisposable
{
    private const long MiB = 1 << 20;

    private readonly TestDirectory _directory = new();

    private NodeDirectory Data => new(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Without_a_database_any_is_taken_and_kept_where_nothing_else_is_said()
    {
        Assert.Equal(64 * MiB, StorageQuota.Take(Data, Node(null), 64 * MiB).StorageQuota);
        Assert.Equal(64 * MiB, StorageQuota.Take(Data, Node(64 * MiB), null).StorageQuota);
        Assert.Null(StorageQuota.Take(Data, Node(null), null).StorageQuota);
    }

    [Fact]
    public void One_with_which_the_database_would_take_no_writes_is_refused_with_one_that_is_enough()
    {
        HasDatabase(100 * MiB);
        foreach (var (before, asked) in (((long?, long)[])[(null, 64 * MiB), (null, 115 * MiB), (4096 * MiB, 64 * MiB), (128 * MiB, 90 * MiB)]))
        {
            var refusal = Assert.Throws<MillException>(() => StorageQuota.Take(Data, Node(before), asked));
            Assert.Equal(MillError.PreconditionFailed, refusal.Error);
            Assert.Contains($"--storage-quota {asked / MiB}M is too little", refusal.Message, StringComparison.Ordinal);
            Assert.Contains($"{Data.EngineDatabase}, has 100 MiB", refusal.Message, StringComparison.Ordinal);
            Assert.Contains("--storage-quota 116M is enough.", refusal.Hint, StringComparison.Ordinal);
            Assert.Contains($"stays at {(before ?? 2048 * MiB) / MiB}M", refusal.Hint, StringComparison.Ordinal);
        }
        Assert.Equal(116 * MiB, StorageQuota.Take(Data, Node(null), 116 * MiB).StorageQuota);
        // One that is full already starts as it did before, and with more: much of its file may be empty.
        foreach (var asked in (long[])[80 * MiB, 90 * MiB]) Assert.Equal(asked, StorageQuota.Take(Data, Node(80 * MiB), asked).StorageQuota);
    }

    [Theory]
    [InlineData("api")]
    [InlineData("both", "https://etcd.example:2379")]
    public void A_node_without_an_etcd_of_its_own_has_none(string role, params string[] endpoints)
    {
        var node = Node(null) with { Role = role, ForeignEtcd = endpoints is [] ? null : new(endpoints, null, null, null) };
        Assert.Equal(MillError.Usage, Assert.Throws<MillException>(() => StorageQuota.Take(Data, node, 64 * MiB)).Error);
        Assert.Same(node, StorageQuota.Take(Data, node, null));
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData(null, 128L, 128L, false)]
    [InlineData(64L, null, 64L, false)]
    [InlineData(256L, 128L, 256L, false)]
    [InlineData(128L, 128L, 128L, false)]
    [InlineData(64L, 128L, 128L, true)]
    public void A_node_that_joins_never_has_less_than_the_others(long? asked, long? others, long? taken, bool isSaid)
    {
        List<string> said = [];
        Assert.Equal(taken * MiB, StorageQuota.Join(asked * MiB, others * MiB, said.Add));
        Assert.Equal(isSaid, said is [var line] && line.Contains("--storage-quota 128M", StringComparison.Ordinal));
    }

    [Fact]
    public void A_founding_that_found_no_room_is_said_again_with_more()
    {
        var usual = new FoundingLine(new("/data"), Node(null), new(null, "/etc/mill/master.key"));
        Assert.Equal("mill init --advertise 10.0.0.1 --name n --port 1 --peer-port 2 --data-dir /data --master-key-file /etc/mill/master.key --restore '/b 1' --storage-quota 4096M", usual.Restoring("/b 1", 2000 * MiB));
        Assert.EndsWith("--storage-quota 8192M", usual.Restoring("/b", 3000 * MiB), StringComparison.Ordinal);
        var other = new FoundingLine(new("/data"), Node(64 * MiB) with { Role = "vault", Etcd = "/opt/etcd", ApiPort = 4400, PeerPort = 2380, MasterKeyFile = "/k" }, new("key", "/k"));
        Assert.Equal("mill init --advertise 10.0.0.1 --name n --role vault --data-dir /data --etcd /opt/etcd --restore /b --storage-quota 128M", other.Restoring("/b", MiB));
    }

    private void HasDatabase(long bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Data.EngineDatabase)!);
        using var file = File.Create(Data.EngineDatabase);
        file.SetLength(bytes);
    }

    private static NodeFile Node(long? quota) => new() { NodeName = "n", Address = "10.0.0.1", ApiPort = 1, PeerPort = 2, Role = "both", StorageQuota = quota };
}
