using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Mill.ClusterTests.Cluster.Network;
using Mill.ClusterTests.Cluster.Rig;
using Mill.ClusterTests.Processes;
using Mill.Secrets;
using Xunit;

namespace Mill.ClusterTests.Cluster;

/// <summary>
/// A node's certificate nears its end, and passes it. The engine reads the true clock, whatever clock a node is given: so the cluster is founded in the past, and its certificates are good all the time.
/// </summary>
public sealed class CertificateTests(Announcements announcements) : IClassFixture<Announcements>
{
    private const int PreconditionFailed = 6;
    private const int ApiPort = 4400;
    private const int PeerPort = 2380;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    /// <summary>So long ago, less than a third of the time is left.</summary>
    private static readonly TimeSpan Founded = TimeSpan.FromDays(-70);

    /// <summary>So long ago, less than a third of the authority's time is left.</summary>
    private static readonly TimeSpan LongAgo = TimeSpan.FromDays(-7 * 365);

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(40);

    /// <summary>The authority is looked at now and then.</summary>
    private static readonly TimeSpan Renewed = TimeSpan.FromSeconds(40);

    [NetworkFact(NeedsClocks = true)]
    public async Task A_node_whose_certificate_nears_its_end_shows_another_one_everywhere()
    {
        await using var rig = ClusterRig.Create();
        try
        {
            var first = await rig.InitAsync(Past);
            var second = await rig.JoinAsync(Past);
            var before = await Contents.WriteAsync(second, rig.Access);
            foreach (var node in rig.Nodes) node.Clock!.Step(TimeSpan.Zero);
            await Until.TrueAsync("the leader knows that time has passed", Soon, async () => await TimeAsync(rig) > TimeProvider.System.GetUtcNow() + (Founded / 2));
            foreach (var node in (RigNode[])[second, first]) await RequireRenewedAsync(rig, node);
            Assert.Equal(before, await Contents.ReadAsync(first, rig.Access));

            var third = await rig.JoinAsync();
            await RequireTooLateAsync(second, $"mill remove {second.Name}");
            await rig.RemoveAsync(second);
            var anew = await rig.JoinAsync();
            Assert.Equal(before, await Contents.ReadAsync(anew, rig.Access));

            // All were off for too long.
            await RigNode.KillAsync([third, anew]);
            await RequireTooLateAsync(first, $"mill recover --data-dir {first.Directory}");
            (await first.RunAsync("recover", "--yes", "--data-dir", first.Directory)).Is(0);
            first.Launch();
            await first.Process.AddressAsync();
            (await first.RunAsync(rig.Access, "verify")).Is(0);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>Nothing ran for seven of ten years. Whoever kept the certificate of the authority since then goes on with it.</summary>
    [NetworkFact(NeedsClocks = true)]
    public async Task An_authority_that_nears_its_end_is_renewed_and_those_who_know_the_old_one_notice_nothing()
    {
        await using var rig = ClusterRig.Create();
        try
        {
            var first = await rig.InitAsync(node => (node.Clock = StepClock.Of(node)).Step(LongAgo));
            await first.KillAsync();
            first.Clock!.Step(TimeSpan.Zero);
            (await first.RunAsync("recover", "--yes", "--data-dir", first.Directory)).Is(0);
            first.Launch();
            await first.Process.AddressAsync();

            using var renewed = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(first.Directory, "ca.crt"));
            Assert.True(renewed.NotAfter.ToUniversalTime() > TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromDays(3649), $"{renewed.NotAfter:u}");
            Assert.True(rig.Access.Authority.NotAfter.ToUniversalTime() < TimeProvider.System.GetUtcNow().UtcDateTime + TimeSpan.FromDays(1100), $"{rig.Access.Authority.NotAfter:u}");
            var before = await Contents.WriteAsync(first, rig.Access);
            // The client has the old one all the time, and the engines of both nodes the new one.
            var second = await rig.JoinAsync();
            foreach (var node in rig.Nodes) await Contents.RequireWritableAsync(node, rig.Access, $"by {node}");
            foreach (var access in (ClusterAccess[])[rig.Access, rig.Access with { Authority = renewed }]) Assert.Equal(before, await Contents.ReadAsync(second, access));
            (await first.RunAsync(rig.Access, "verify")).Is(0);
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>Years go by while it runs: the node that leads sees to it, and nobody has to do anything.</summary>
    [NetworkFact(NeedsClocks = true)]
    public async Task The_node_that_leads_renews_the_authority_by_itself()
    {
        await using var rig = ClusterRig.Create();
        try
        {
            var first = await rig.InitAsync(node => node.Clock = StepClock.Of(node));
            var before = await Contents.WriteAsync(first, rig.Access);
            using var stranger = new NodeApi(first.Url, rig.Access.Authority, token: null);
            Assert.Equal(rig.Access.Authority.NotAfter, await EndAsync(stranger));
            first.Clock!.Step(-LongAgo);
            await Until.TrueAsync("the authority is renewed", Renewed, async () => await EndAsync(stranger) > rig.Access.Authority.NotAfter - LongAgo - TimeSpan.FromDays(1));
            // Whoever has the old one goes on with it.
            Assert.Equal(before, await Contents.ReadAsync(first, rig.Access));
            await Contents.RequireWritableAsync(first, rig.Access, "afterwards");
        }
        catch
        {
            announcements.Say($"The files are in {rig.Keep()}.");
            throw;
        }
    }

    /// <summary>When the authority ends of which a node tells everybody.</summary>
    private static async Task<DateTime> EndAsync(NodeApi api)
    {
        using var told = X509Certificate2.CreateFromPem((await api.SendAsync(HttpMethod.Get, "/ca.crt")).Reply.Text);
        return told.NotAfter;
    }

    private static void Past(RigNode node)
    {
        node.Clock = StepClock.Of(node);
        node.Clock.Step(Founded);
    }

    /// <summary>As the leader has it, who dates certificates too.</summary>
    private static async Task<DateTimeOffset> TimeAsync(ClusterRig rig)
    {
        using var client = rig.Nodes[0].Client(rig.Access);
        using var value = SecretValue.FromText($"{TimeProvider.System.GetTimestamp()}");
        return (await client.SetAsync("clock", value)).ValidFrom;
    }

    /// <summary>The first look is taken at the start, while everything is in use already; the next ones every hour.</summary>
    private static async Task RequireRenewedAsync(ClusterRig rig, RigNode node)
    {
        using var old = Kept(node);
        Assert.True(old.NotAfter.ToUniversalTime() < TimeProvider.System.GetUtcNow().UtcDateTime + (Lifetime / 3), $"{old.NotAfter:u}");
        await node.StopAsync();
        node.Launch();
        await node.Process.AddressAsync();
        await Until.TrueAsync($"{node} shows another certificate to clients", Soon, async () => await ShownAsync(rig, node, ApiPort) != old.SerialNumber);
        using var renewed = Kept(node);
        Assert.True(renewed.NotAfter.ToUniversalTime() > TimeProvider.System.GetUtcNow().UtcDateTime + Lifetime - TimeSpan.FromHours(1), $"{renewed.NotAfter:u}");
        Assert.Equal(renewed.SerialNumber, await ShownAsync(rig, node, ApiPort));
        Assert.Equal(renewed.SerialNumber, await ShownAsync(rig, node, PeerPort));
        Assert.All((string[])["node.key", "node.crt"], name => Assert.Equal(OwnerOnly, File.GetUnixFileMode(Path.Combine(node.Directory, name))));
        await Contents.RequireWritableAsync(node, rig.Access, $"by {node}");
    }

    /// <summary>A node that was off when it should have asked for another one says so at once, and does not wait for others that will not speak to it.</summary>
    private static async Task RequireTooLateAsync(RigNode node, string hint)
    {
        await node.KillAsync();
        node.Clock!.Step(Lifetime + TimeSpan.FromDays(1));
        (await node.RunAsync("server", "--data-dir", node.Directory)).Refuses(PreconditionFailed, "certificate of this node ended", hint);
    }

    private static X509Certificate2 Kept(RigNode node) => X509CertificateLoader.LoadCertificateFromFile(Path.Combine(node.Directory, "node.crt"));

    /// <summary>The serial of what the node shows at one of its ports to another node. The engine hangs up on whoever shows nothing.</summary>
    private static async Task<string> ShownAsync(ClusterRig rig, RigNode node, int port)
    {
        using var pem = X509Certificate2.CreateFromPemFile(Path.Combine(node.Directory, "node.crt"), Path.Combine(node.Directory, "node.key"));
        using var own = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), password: null);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(node.Machine.Address, port);
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(rig.Access.Authority);
        await using var tls = new SslStream(tcp.GetStream());
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = $"{node.Machine.Address}", CertificateChainPolicy = policy, ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true) });
        return X509CertificateLoader.LoadCertificate(tls.RemoteCertificate!.GetRawCertData()).SerialNumber;
    }
}
