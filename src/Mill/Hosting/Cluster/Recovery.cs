using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>
/// Makes the cluster one of this node alone, with what this node has, where a majority is lost for good. What the others had acknowledged and this one had not yet
/// heard of is gone. The others must never come back with their old data.
/// </summary>
internal static class Recovery
{
    public static async Task RunAsync(NodeDirectory directory, NodeFile file, VaultOptions vaultOptions, TimeProvider time, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        if (file.ForeignEtcd is not null) throw new MillException(MillError.PreconditionFailed, "This cluster keeps its state in an etcd that Mill does not run: recover that one.");
        using var credentials = directory.Files.Load() ?? throw new MillException(MillError.StorageDamaged, $"There is no certificate in {directory.Path}.");
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
}
