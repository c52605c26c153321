using Microsoft.Extensions.Logging;
using Mill.Core.Members;
using Mill.Secrets;
using Mill.State.Leadership;
using Mill.State.Replica;
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
            var state = new SharedState(engine.Store, engine.Store, NoLink.Instance, new(credentials.Identity.Node, file.NodeName), new(time, BootClock.Instance), loggers);
            var vault = new VaultHost(vaultOptions, state, engine.Store, state, time, loggers);
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = Task.WhenAll(state.FollowStoreAsync(stop.Token), state.LeadAsync(stop.Token));
            try
            {
                await state.LoadedAsync(cancellationToken).ConfigureAwait(false);
                var start = await vault.StartAsync(makeKeyFile: false, cancellationToken).ConfigureAwait(false);
                if (start.Seal.IsSealed) throw new MillException(MillError.VaultSealed, $"The cluster cannot be recovered without its master key: {start.Seal.Reason}.") { Hint = "Put the key in its place, and say it again." };
                // The leader may be on record for as long as its lease goes on.
                while (!state.IsLeader) await state.WaitForLeaderAsync(state.Leader, cancellationToken).ConfigureAwait(false);
                using var key = files.LoadOrCreateKey();
                var place = new NodePlace(file.NodeName, file.Address, file.ApiPort, file.PeerPort, credentials.Identity.Role, MillVersion.Text);
                using var membership = (await vault.Members.RefoundAsync(credentials.Identity.Node, place, key.Request(), cancellationToken).ConfigureAwait(false)).Answer;
                files.Save(membership);
                (file with { Members = [] }).Write(directory.Path);
            }
            finally
            {
                await stop.CancelAsync().ConfigureAwait(false);
                await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
