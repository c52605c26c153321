using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Hosting.Cluster;
using Mill.Tests.Core;
using Mill.Tests.Server.Nodes.Fixture;
using Mill.Tests.State;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Hosting;

/// <summary>A node without state, over the years.</summary>
public sealed class ApiNodeTests : IDisposable
{
    /// <summary>Nobody's, and not used.</summary>
    private const int PeerPort = 99;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_given_the_renewed_authority_and_a_certificate_by_a_vault_that_came_after_it()
    {
        await using var cluster = await TestNodes.StartAsync(1);
        cluster.Time.Advance(AuthorityRules.Lifetime - AuthorityRules.RenewedBefore);
        await cluster.RenewAsync(cluster[1]);
        var before = cluster.Trust;
        await using var node = await ApiNode.OpenAsync(new(_directory.Path), await JoinAsync(cluster), new ServerOptions { DataDirectory = _directory.Path }, cluster.Time, default);
        var start = cluster.Time.GetUtcNow();
        await node.StartAsync(default);

        // All vaults are others than those it joined with.
        await cluster.AddAsync();
        await WhileTimePassesAsync(cluster, () => node.Vaults.InOrder().Count is 2);
        await cluster[1].App.StopAsync();
        cluster.Lead(cluster[2]);
        await RenewAuthorityAsync(cluster);
        var authority = cluster.Now().Authority!.Certificate;
        await WhileTimePassesAsync(cluster, () => node.Vaults.Authority is { } told && told.AsSpan().SequenceEqual(authority));
        var shown = await File.ReadAllTextAsync(Files.Certificate);

        // To the very moment of the next look: what is asked then has all of its time.
        cluster.Time.Advance(start + TimeSpan.FromHours(1) - cluster.Time.GetUtcNow());
        await TestNodes.UntilAsync(() => File.ReadAllText(Files.Certificate) != shown);
        using var kept = Files.Load()!;
        Assert.Equal(authority, kept.Trust.Authority.RawData);
        Assert.Equal(before.Pin, kept.Trust.Pin);
        // Whoever has the certificate of before goes on, and so does who has the new one.
        foreach (var trust in (ClusterTrust[])[before, kept.Trust])
        {
            using var client = Listening.Client(new(node.Address), trust, cluster.Time);
            await ShowsAsync(client, authority);
        }
    }

    /// <summary>It is in use a moment after it was kept.</summary>
    private static async Task ShowsAsync(HttpClient client, byte[] authority)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        byte[] shown = [];
        while (!shown.AsSpan().SequenceEqual(authority))
        {
            using var certificate = X509Certificate2.CreateFromPem(await client.GetStringAsync(new Uri("/ca.crt", UriKind.Relative), limit.Token));
            shown = certificate.RawData;
        }
    }

    private NodeFiles Files => new(_directory.Path);

    private async Task<NodeFile> JoinAsync(TestNodes cluster)
    {
        var (socket, port) = Listening.Reserve();
        socket.Dispose();
        using var key = Files.LoadOrCreateKey();
        var token = (await cluster.Members.CreateJoinTokenAsync(Samples.Caller(), new(NodeRole.Api), new("r"), default)).Answer.Token;
        using var membership = (await cluster.Members.JoinAsync(new(token, new("front", "127.0.0.1", port, PeerPort, NodeRole.Api, "1.2.3"), key.Request()), default)).Answer;
        Files.Save(membership.Authority, membership.Certificate);
        var vault = cluster[1].Record;
        return new()
        {
            NodeId = membership.Node.Id.Value,
            NodeName = "front",
            Address = "127.0.0.1",
            ApiPort = port,
            PeerPort = PeerPort,
            Role = "api",
            Members = [new(vault.Id.Value, vault.Name, vault.Address, vault.ApiPort, vault.PeerPort, vault.Role.Text())],
        };
    }

    private static async Task RenewAuthorityAsync(TestNodes cluster)
    {
        using var stop = new CancellationTokenSource();
        var before = cluster.Now().Authority!.Certificate;
        var tending = cluster.TendAsync(stop.Token);
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await TestNodes.UntilAsync(() => !cluster.Now().Authority!.Certificate.AsSpan().SequenceEqual(before));
        await stop.CancelAsync();
        await tending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static Task<bool> WhileTimePassesAsync(TestNodes cluster, Func<bool> holds)
    {
        return cluster.WhileTimePassesAsync(HoldsAsync());

        async Task<bool> HoldsAsync()
        {
            await TestNodes.UntilAsync(holds);
            return true;
        }
    }
}
