using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mill.Client.Contracts;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>Whoever does not belong to a cluster is told why, and changes nothing there.</summary>
public sealed class RefusalTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int Usage = 2;
    private const int Unauthenticated = 4;
    private const int Forbidden = 5;
    private const int PreconditionFailed = 6;

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    [NetworkFact]
    public async Task A_node_that_does_not_belong_here_is_refused_with_the_reason_and_changes_nothing()
    {
        await using var rig = await ClusterRig.StartAsync(1);
        await using var foreign = await ClusterRig.StartAsync(1);
        try
        {
            var second = await UsedTokenAsync(rig);
            await OtherTokensAsync(rig, foreign);
            await OtherMasterKeyAsync(rig);
            await OtherClusterAsync(rig);
            await ForeignCertificateAsync(rig, foreign);
            await RemovedAsync(rig, second);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>A second node joins with a token; then a third comes with the same one.</summary>
    private static async Task<RigNode> UsedTokenAsync(ClusterRig rig)
    {
        string? used = null;
        var second = await rig.JoinAsync(inspect: token => used = token);
        await RequireRefusedAsync(rig, node => Join(rig, node, used!), Unauthenticated, "was used already");
        return second;
    }

    private static async Task OtherTokensAsync(ClusterRig rig, ClusterRig foreign)
    {
        var ofOther = await foreign.CreateJoinTokenAsync();
        await RequireRefusedAsync(rig, node => Join(rig, node, ofOther), Forbidden, "is not the cluster that the token is for");
        var brief = await rig.CreateJoinTokenAsync(new() { ExpiresIn = "1s" });
        await Task.Delay(TimeSpan.FromSeconds(1.5), TimeProvider.System);
        await RequireRefusedAsync(rig, node => Join(rig, node, brief), Unauthenticated, "expired");
        var revoked = await RevokedAsync(rig);
        await RequireRefusedAsync(rig, node => Join(rig, node, revoked), Unauthenticated, "is not known here");
        await RequireRefusedAsync(rig, node => Join(rig, node, "mill_join_nonsense"), Usage, "not a join token");
        var forApi = await rig.CreateJoinTokenAsync(new() { Role = "api" });
        await RequireRefusedAsync(rig, node => Join(rig, node, forApi), Forbidden, "is for the role api");
    }

    private static async Task OtherMasterKeyAsync(ClusterRig rig)
    {
        var token = await rig.CreateJoinTokenAsync();
        await RequireRefusedAsync(
            rig,
            node =>
            {
                var file = Path.Combine(Directory.CreateDirectory(node.Directory + "-key").FullName, "master.key");
                File.WriteAllText(file, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) + "\n");
                File.SetUnixFileMode(file, UnixFileMode.UserRead);
                return Join(rig, node, token, "--master-key-file", file);
            },
            PreconditionFailed,
            "master key");
    }

    /// <summary>A node that has been in another cluster says so, whatever its token.</summary>
    private static async Task OtherClusterAsync(ClusterRig rig)
    {
        var token = await rig.CreateJoinTokenAsync();
        var before = await RevisionAsync(rig);
        using var client = rig.Nodes[0].Client(rig.Access);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new JoinNodeRequest
        {
            Token = token,
            Name = "stranger",
            Address = "198.18.0.77",
            ApiPort = 4400,
            PeerPort = 2380,
            Role = "both",
            Version = "0.1.0",
            ClusterId = "0123456789abcdef",
            CertificateRequest = new CertificateRequest("CN=stranger", key, HashAlgorithmName.SHA256).CreateSigningRequestPem(),
        };
        var refusal = await Assert.ThrowsAsync<MillException>(() => client.JoinAsync(request));
        Assert.Equal(MillError.PreconditionFailed, refusal.Error);
        Assert.Contains("cluster", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, await RevisionAsync(rig));
    }

    /// <summary>A node of another cluster is one to nobody here, and neither is a client.</summary>
    private static async Task ForeignCertificateAsync(ClusterRig rig, ClusterRig foreign)
    {
        var before = await RevisionAsync(rig);
        using var certificate = Certificate(foreign.Nodes[0]);
        using var stranger = new NodeApi(rig.Nodes[0].Url, rig.Access.Authority, token: null, certificate);
        foreach (var path in (string[])["/peer/members", "/peer/status", "/peer/confirm", "/healthz"])
            await Assert.ThrowsAsync<HttpRequestException>(() => stranger.SendAsync(HttpMethod.Get, path));
        await Assert.ThrowsAsync<HttpRequestException>(() => stranger.SendAsync(HttpMethod.Post, "/peer/engine"));
        using var client = new NodeApi(rig.Nodes[0].Url, rig.Access.Authority, rig.Access.Token);
        foreach (var path in (string[])["/peer/members", "/peer/status", "/peer/confirm"])
        {
            var reply = await client.SendAsync(HttpMethod.Get, path);
            Assert.True(reply is { Status: 403, Code: "forbidden" }, $"{path}: {reply}");
        }
        Assert.Equal(403, (await client.SendAsync(HttpMethod.Post, "/peer/engine")).Status);
        // And the other way round: whoever was told of this authority does not speak to another cluster.
        using var lost = new NodeApi(foreign.Nodes[0].Url, rig.Access.Authority, rig.Access.Token);
        await Assert.ThrowsAsync<HttpRequestException>(() => lost.SendAsync(HttpMethod.Get, "/v1/status"));
        Assert.Equal(before, await RevisionAsync(rig));
    }

    /// <summary>A node that was away while it was taken out, and so does not know.</summary>
    private static async Task RemovedAsync(ClusterRig rig, RigNode node)
    {
        using var certificate = Certificate(node);
        var third = await rig.JoinAsync();
        await node.KillAsync();
        await rig.RemoveAsync(node);
        using var api = new NodeApi(third.Url, rig.Access.Authority, token: null, certificate);
        // Another node hears of it a moment after the one that was told.
        await Until.TrueAsync("the removed one is refused, and told why", Soon, async () =>
            await api.SendAsync(HttpMethod.Get, "/peer/members") is { Status: 403, Code: "forbidden" } reply && reply.Reply.Text.Contains("was removed", StringComparison.Ordinal));
        await rig.LeaderAsync();
        var before = await RevisionAsync(rig);
        for (var start = 0; start < 2; start++)
        {
            node.Launch();
            Assert.Equal(PreconditionFailed, await node.Process.ExitAsync());
            Assert.Contains("was taken out of its cluster", node.Process.Errors, StringComparison.Ordinal);
            Assert.Empty(node.Process.Output);
            Manners.RequireNoTrace(node.Process.Errors);
        }
        Assert.Equal(before, await RevisionAsync(rig));
    }

    private static MillProcess Join(ClusterRig rig, RigNode node, string token, params string[] more) =>
        node.Start(["join", rig.Nodes[0].Url.Authority, .. ClusterRig.Place(node), .. more], new Dictionary<string, string> { ["MILL_JOIN_TOKEN"] = token });

    private static async Task<string> RevokedAsync(ClusterRig rig)
    {
        using var client = rig.Nodes[0].Client(rig.Access);
        var made = await client.CreateJoinTokenAsync(new());
        await client.RevokeJoinTokenAsync(made.Id);
        return made.Token!;
    }

    private static async Task RequireRefusedAsync(ClusterRig rig, Func<RigNode, MillProcess> join, int exitCode, string reason)
    {
        var before = await RevisionAsync(rig);
        await using var process = join(rig.AddMachine());
        var code = await process.ExitAsync();
        Assert.True(code == exitCode, $"It ended with {code}: {process.Errors}");
        Manners.RequireNoTrace(process.Errors);
        Assert.Contains("error: ", process.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", process.Errors, StringComparison.Ordinal);
        Assert.Contains(reason, process.Errors, StringComparison.Ordinal);
        Assert.Empty(process.Output);
        Assert.Equal(before, await RevisionAsync(rig));
    }

    /// <summary>Up to where the state goes, which nodes there are, and how many members the engine has: nothing can change without one of these.</summary>
    private static async Task<string> RevisionAsync(ClusterRig rig)
    {
        using var client = rig.Nodes.First(node => node.Answers).Client(rig.Access);
        var nodes = (await client.ListNodesAsync()).Nodes;
        return $"{nodes.Max(node => node.Revision)}: {string.Join(' ', nodes.Select(node => $"{node.Id} {node.Name} {node.Engine?.MemberId}").Order(StringComparer.Ordinal))}";
    }

    private static X509Certificate2 Certificate(RigNode node)
    {
        using var pem = X509Certificate2.CreateFromPemFile(Path.Combine(node.Directory, "node.crt"), Path.Combine(node.Directory, "node.key"));
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), password: null);
    }
}
