using System.Security.Cryptography.X509Certificates;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Vault;
using Mill.Vault.Members;
using Xunit;

namespace Mill.Tests.Vault.Members;

/// <summary>A cluster that was founded, over a store in memory and a clock that is moved by hand.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private TestCluster(TestVault vault, NodeKeyPair key, Membership first) => (Vault, FirstKey, First) = (vault, key, first);

    public static NodePlace FirstPlace { get; } = new("n1", "10.0.0.1", 7701, 7702, NodeRole.Both, "0.1.0");

    public TestVault Vault { get; }

    public NodeKeyPair FirstKey { get; }

    public Membership First { get; }

    public IMembers Members => Vault.Host.Members;

    public ClusterTrust Trust => TrustIn(First.Authority);

    public DateTimeOffset Now => Vault.Time.GetUtcNow();

    public static async Task<TestCluster> FoundAsync(VaultOptions? options = null, NodePlace? place = null)
    {
        var vault = await TestVault.OpenAsync(options);
        var key = NodeKeyPair.Create();
        return new(vault, key, (await vault.Host.Members.FoundAsync(place ?? FirstPlace, key.Request(), default)).Answer);
    }

    public static ClusterTrust TrustIn(string authority, string? pin = null) =>
        ClusterTrust.TryParse(authority, pin, out var trust) ? trust : throw new InvalidOperationException("This is no authority.");

    /// <summary>A node's place; the number is in its name and address.</summary>
    public static NodePlace Place(int number, NodeRole role = NodeRole.Both) => new($"n{number}", $"10.0.0.{number}", 7701, 7702, role, "0.1.0");

    public async Task<string> CreateTokenAsync(NodeRole role = NodeRole.Both, TimeSpan? lasts = null, bool handsOverKey = true) =>
        (await Members.CreateJoinTokenAsync(TestVault.Operator, new(role, lasts, handsOverKey), new("r"), default)).Answer.Token;

    /// <summary>Joins with a new token and a new key.</summary>
    public async Task<Membership> JoinAsync(int number, NodeRole role = NodeRole.Both, NodeKeyPair? key = null)
    {
        using var made = key is null ? NodeKeyPair.Create() : null;
        return (await Members.JoinAsync(new(await CreateTokenAsync(role), Place(number, role), (key ?? made)!.Request()), default)).Answer;
    }

    /// <summary>The write must be refused, and must have changed nothing.</summary>
    public async Task<MillException> RequireRefusedAsync(MillError error, Func<Task> write)
    {
        var before = await Vault.Store.GetRevisionAsync(default);
        var refused = await Assert.ThrowsAsync<MillException>(write);
        Assert.Equal(error, refused.Error);
        Assert.Equal(before, await Vault.Store.GetRevisionAsync(default));
        return refused;
    }

    public static X509Certificate2 Certificate(Membership membership) => X509Certificate2.CreateFromPem(membership.Certificate);

    public async ValueTask DisposeAsync()
    {
        FirstKey.Dispose();
        First.Dispose();
        await Vault.DisposeAsync();
    }
}
