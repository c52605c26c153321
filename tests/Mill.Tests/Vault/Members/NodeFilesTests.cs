using System.Security.Cryptography;
using Mill.Secrets;
using Mill.Tests.State;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

public sealed class NodeFilesTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TestDirectory _directory = new();

    private NodeFiles Files => new(_directory.File("tls"));

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task What_a_join_gave_is_there_after_a_restart()
    {
        await using var cluster = await TestCluster.FoundAsync();
        Assert.Null(Files.Load());
        using (var key = Files.LoadOrCreateKey())
        {
            Assert.Null(Files.Load());
            using var joined = await cluster.JoinAsync(2, key: key);
            Files.Save(joined.Authority, joined.Certificate);
        }
        using var credentials = Files.Load()!;
        Assert.Equal((cluster.First.ClusterId, cluster.Trust.Pin), (credentials.Identity.ClusterId, credentials.Trust.Pin));
        using var first = cluster.FirstKey.Certify(cluster.First.Certificate);
        Assert.True(await Handshake.TryAsync(credentials.Certificate, cluster.Trust.ForClients(() => cluster.Now), first, credentials.Trust.ForServers(() => cluster.Now), "10.0.0.2"));
        Assert.All([Files.Key, Files.Certificate, Files.Authority], path => Assert.Equal(OwnerOnly, File.GetUnixFileMode(path)));
        Assert.Equal(OwnerOnly | UnixFileMode.UserExecute, File.GetUnixFileMode(Files.Directory));
        Assert.Equal(3, Directory.GetFiles(Files.Directory).Length);
    }

    [Fact]
    public void A_key_that_is_there_is_kept()
    {
        using var first = Files.LoadOrCreateKey();
        var text = File.ReadAllText(Files.Key);
        using var second = Files.LoadOrCreateKey();
        Assert.Equal(text, File.ReadAllText(Files.Key));
        Assert.Equal(NodeRequest.Parse(first.Request()).KeyHash, NodeRequest.Parse(second.Request()).KeyHash);
        using var other = NodeKeyPair.Create();
        Assert.NotEqual(NodeRequest.Parse(first.Request()).KeyHash, NodeRequest.Parse(other.Request()).KeyHash);
    }

    [Fact]
    public void A_key_is_written_as_others_read_it()
    {
        using var key = Files.LoadOrCreateKey();
        var text = File.ReadAllText(Files.Key);
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", text, StringComparison.Ordinal);
        Assert.EndsWith("\n-----END PRIVATE KEY-----\n", text, StringComparison.Ordinal);
        using var again = ECDsa.Create();
        again.ImportFromPem(text);
        Assert.Equal(NodeRequest.Parse(key.Request()).KeyHash, SHA256.HashData(again.ExportSubjectPublicKeyInfo()));
    }

    [Fact]
    public void A_key_that_others_can_reach_is_refused_with_the_remedy()
    {
        Files.LoadOrCreateKey().Dispose();
        File.SetUnixFileMode(Files.Key, OwnerOnly | UnixFileMode.GroupRead);
        Assert.Equal($"chmod 600 {Files.Key}", Require(MillError.StorageUnavailable, () => Files.LoadOrCreateKey()).Hint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("canary")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n")]
    public void What_is_no_key_is_refused_not_replaced_and_not_quoted(string text)
    {
        Write(text);
        var refused = Require(MillError.StorageDamaged, () => Files.LoadOrCreateKey());
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("Y2FuYXJ5", refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(Files.Key));
    }

    [Fact]
    public void A_public_key_is_no_key_of_a_node()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write(key.ExportSubjectPublicKeyInfoPem());
        Require(MillError.StorageDamaged, () => Files.LoadOrCreateKey());
    }

    [Fact]
    public async Task Files_that_do_not_fit_together_are_refused()
    {
        await using var cluster = await TestCluster.FoundAsync();
        using (var key = Files.LoadOrCreateKey())
        {
            using var joined = await cluster.JoinAsync(2, key: key);
            Files.Save(joined.Authority, joined.Certificate);
        }
        using (var other = NodeKeyPair.Create()) other.Save(Files.Key);
        Require(MillError.StorageDamaged, () => Files.Load());
        File.Delete(Files.Key);
        Require(MillError.StorageDamaged, () => Files.Load());
        cluster.FirstKey.Save(Files.Key);
        Files.Save(cluster.First.Authority, cluster.First.Certificate);
        Files.Load()!.Dispose();
        File.WriteAllText(Files.Authority, "no certificate");
        Require(MillError.StorageDamaged, () => Files.Load());
        File.Delete(Files.Authority);
        Require(MillError.StorageUnavailable, () => Files.Load());
    }

    private void Write(string text)
    {
        Directory.CreateDirectory(Files.Directory);
        File.WriteAllText(Files.Key, text);
        File.SetUnixFileMode(Files.Key, OwnerOnly);
    }

    private static MillException Require(MillError error, Func<object?> action)
    {
        var refused = Assert.Throws<MillException>(action);
        Assert.Equal(error, refused.Error);
        return refused;
    }
}
