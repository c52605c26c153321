using Microsoft.Extensions.Logging;
using Mill.Client;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.Server.Peers;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>
/// Makes the cluster one of this node alone, with what this node has, where a majority is lost for good. What the others had acknowledged and this one had not yet
/// heard of is gone. The others must never come back with their old data.
/// </summary>
internal static class Recovery
{
    /// <summary>A node that has no majority says so within five seconds.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(NodeDirectory directory, NodeFile file, VaultOptions vaultOptions, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (file.ForeignEtcd is not null) throw new MillException(MillError.PreconditionFailed, "This cluster keeps its state in an etcd that Mill does not run: recover that one.")
        {
            Hint = "Nodes need nothing but that etcd: as soon as it answers, so do they.",
        };
        // What follows cannot be taken back: from then on, the others would be strangers to this engine. So the key is looked at before.
        if (file is { ClusterId: { } cluster, KeyId: { } key }) RecordOpening.With(vaultOptions, cluster, key);
        using var credentials = directory.Files.Load() ?? throw new MillException(MillError.StorageDamaged, $"There is no certificate in {directory.Path}.");
        await RequireNobodyServesAsync(file, credentials, time, cancellationToken).ConfigureAwait(false);
        var files = directory.Files;
        var engine = NodeEngine.Create(directory, file, new(files.Certificate, files.Key, files.Authority), time, loggers, alone: true);
        await using (engine.ConfigureAwait(false))
        {
            await engine.StartAsync(cancellationToken).ConfigureAwait(false);
            await new LoneNode(engine, credentials.Identity.Node, file.NodeName, vaultOptions, time, loggers).RunAsync(makeKeyFile: false, async (_, vault, _) =>
            {
                using var key = files.LoadOrCreateKey();
                var place = new NodePlace(file.NodeName, file.Address, file.ApiPort, file.PeerPort, credentials.Identity.Role, MillVersion.Text);
                using var membership = (await vault.Members.RefoundAsync(credentials.Identity.Node, place, key.Request(), cancellationToken).ConfigureAwait(false)).Answer;
                files.Save(membership.Authority, membership.Certificate);
                (file with { Members = [] }).Write(directory.Path);
                return membership.Node;
            }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A majority that serves would go on beside this node: two clusters of one name, each with writes that the other has not. It is asked as anybody may: this node's own certificate may have ended.</summary>
    private static async Task RequireNobodyServesAsync(NodeFile file, NodeCredentials credentials, TimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var other in file.Members.Where(member => member.Id != file.NodeId && member.Role is not "api"))
        {
            using var client = new MillClient(new() { Address = PeerPlace.Of(other).Address, Authority = credentials.Trust.Authority, Timeout = Patience, ConnectTimeout = Patience, Time = time });
            try
            {
                await client.GetReadinessAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MillException)
            {
                continue; // Gone, or without a majority, too.
            }
            throw new MillException(MillError.PreconditionFailed, $"Node {other.Name} serves, so a majority is there: this node cannot be the cluster beside it.")
            {
                Hint = "Start this node, and it takes part again: mill server. Nodes that are gone are taken out with: mill remove NODE",
            };
        }
    }
}
