using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Mill.Core.Access;
using Mill.Core.Members;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Replica;
using Mill.Vault;
using Mill.Vault.Members;

namespace Mill.Hosting.Cluster;

/// <summary>What <c>mill init</c> makes, once.</summary>
/// <param name="Token">An operator's.</param>
/// <param name="JoinToken">For the next node.</param>
internal sealed record Founded(NodeFile File, string Token, string JoinToken, VaultStart Vault)
{
    // A record prints its members; the tokens must never be among them.
    public override string ToString() => File.NodeName;
}

/// <summary>
/// Founds a cluster: an engine of one member, the authority, the first node, an operator's token and a join token. The engine needs certificates before there is an
/// authority, so it shows one of its own making at first, which nobody trusts, and is started anew afterwards. Interrupted anywhere, it is taken up again.
/// </summary>
/// <param name="resumes">An earlier founding in this directory did not come to its end.</param>
/// <param name="restore">A backup to begin with; null to begin with nothing.</param>
internal sealed class Founding(NodeDirectory directory, VaultOptions vaultOptions, bool resumes, string? restore, TimeProvider time, ILoggerFactory loggers)
{
    private static readonly Caller Founder = new("", "mill init", Role.Operator, TenantId.Default);

    public async Task<Founded> RunAsync(NodeFile file, CancellationToken cancellationToken)
    {
        using var key = directory.Files.LoadOrCreateKey();
        PrivateFile.Write(directory.FoundingCertificate, key.SelfSign(time.GetUtcNow()));
        // The first member is a cluster by itself.
        if (file.ForeignEtcd is null) file = file with { InitialCluster = new Dictionary<string, string> { [file.NodeName] = $"https://{new IPEndPoint(IPAddress.Parse(file.Address), file.PeerPort)}" } };
        var engine = NodeEngine.Create(directory, file, new(directory.FoundingCertificate, directory.Files.Key, directory.FoundingCertificate), time, loggers);
        await using (engine.ConfigureAwait(false))
        {
            await engine.StartAsync(cancellationToken).ConfigureAwait(false);
            var whole = await FindClusterAsync(engine, cancellationToken).ConfigureAwait(false);
            // Before anything says that this founding was begun: the store of others is never taken for what it left.
            if (whole is not null && !resumes) throw BelongsTo(whole);
            file.Write(directory.Path);
            if (restore is not null && whole is null) await ClusterRestore.RunAsync(restore, engine, () => TooSmall(file, restore), cancellationToken).ConfigureAwait(false);
            var founded = await FoundAsync(engine, file, key, cancellationToken).ConfigureAwait(false);
            founded.File.Write(directory.Path);
            File.Delete(directory.FoundingCertificate);
            return founded;
        }
    }

    /// <summary>The cluster whose store this is, if it is one: of a restore, what makes it one comes last.</summary>
    private static async ValueTask<ClusterRecord?> FindClusterAsync(NodeEngine engine, CancellationToken cancellationToken)
    {
        var key = new ClusterKey();
        return await engine.Store.FindAsync(key.ToString(), cancellationToken).ConfigureAwait(false) is { } found ? (ClusterRecord)RecordCodec.Decode(key, found.Value.Span) : null;
    }

    private Task<Founded> FoundAsync(NodeEngine engine, NodeFile file, NodeKeyPair key, CancellationToken cancellationToken)
    {
        var node = new LoneNode(engine, NodeId.From(RandomNumberGenerator.GetBytes(8)), file.NodeName, vaultOptions, time, loggers);
        return node.RunAsync(makeKeyFile: true, async (state, vault, start) =>
        {
            using var membership = await BecomeMemberAsync(vault, state, file, key.Request(), cancellationToken).ConfigureAwait(false);
            directory.Files.Save(membership.Authority, membership.Certificate);
            if (state.Latest.Revocations is { } revocations) PrivateFile.Write(directory.Files.Revocations, revocations.List);
            var token = (await vault.EnsureOperatorTokenAsync(PrivateFile.ReadLine(directory.OperatorToken), "operator", "mill init", cancellationToken).ConfigureAwait(false))!;
            PrivateFile.Write(directory.OperatorToken, token + "\n");
            var joinToken = await vault.Members.CreateJoinTokenAsync(Founder, new(NodeRole.Both), new("mill-init"), cancellationToken).ConfigureAwait(false);
            return new Founded(file with { NodeId = membership.Node.Id.Value, ClusterId = membership.ClusterId, KeyId = membership.NeededKeyId }, token, joinToken.Answer.Token, start);
        }, cancellationToken);
    }

    /// <summary>Founds the cluster or, where that was done and its answer lost, gets this node a certificate anew.</summary>
    private async Task<Membership> BecomeMemberAsync(VaultHost vault, SharedState state, NodeFile file, string request, CancellationToken cancellationToken)
    {
        if (!NodeRoles.TryParse(file.Role, out var role)) throw new MillException(MillError.Usage, "The role is vault or both.");
        var place = NodeRules.Normal(new(file.NodeName, file.Address, file.ApiPort, file.PeerPort, role, MillVersion.Text));
        if (state.Latest.Authority is null) return (await vault.Members.FoundAsync(place, request, cancellationToken).ConfigureAwait(false)).Answer;
        if (state.Latest.Nodes.Values.ToList() is [var only] && only.Name == place.Name && only.Address == place.Address)
            return (await vault.Members.RenewAsync(only.Id, request, MillVersion.Text, cancellationToken).ConfigureAwait(false)).Answer;
        // The nodes of a backup are those of a cluster that is no more.
        if (restore is not null) return (await vault.Members.RefoundAsync(null, place, request, cancellationToken).ConfigureAwait(false)).Answer;
        throw BelongsTo(state.Latest.Cluster);
    }

    /// <summary>Said again, a founding begins anew with what the restore has left, and a larger database takes writes again.</summary>
    private MillException TooSmall(NodeFile file, string backup)
    {
        const string Message = "The database has no room for all that the backup holds.";
        if (file.ForeignEtcd is not null) return new(MillError.StorageFull, Message) { Hint = $"{StorageAdvice.FullElsewhere} Then say the same mill init again." };
        return new(MillError.StorageFull, Message) { Hint = $"Say it again with more, and it begins anew: {new FoundingLine(directory, file, vaultOptions).Restoring(backup, new FileInfo(backup).Length)}" };
    }

    private static MillException BelongsTo(ClusterRecord? cluster) =>
        new(MillError.AlreadyExists, $"The store belongs to a cluster already: {cluster?.Id}.") { Hint = "Join it with mill join, or name an empty store." };
}
