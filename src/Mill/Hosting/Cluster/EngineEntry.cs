using Mill.Client.Contracts;
using Mill.Core.Ports;
using Mill.Server.Peers;
using Mill.Vault;

namespace Mill.Hosting.Cluster;

/// <summary>How the engine's member of a new node comes to count: room is made for it, it starts, it learns, and is made a voter.</summary>
internal sealed class EngineEntry(NodePeers peers, NodeDirectory directory, Action<string> progress, TimeProvider time)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>Sees to it that the engine may be started; what it needs for that is kept.</summary>
    public async Task<NodeFile> AdmitAsync(NodeFile file, CancellationToken cancellationToken)
    {
        if (file.InitialCluster is not null || file.ForeignEtcd is not null) return file;
        var admission = await peers.AskAsync(static (calls, place, stop) => calls.PostAsync<EngineAdmissionResponse>(place, PeerPaths.Engine, stop), progress, cancellationToken).ConfigureAwait(false);
        // With less room than the others it would stop all of them.
        var admitted = file with { InitialCluster = admission.InitialCluster, JoinsExisting = true, StorageQuota = StorageQuota.Join(file.StorageQuota, admission.StorageQuota, progress) };
        if (admission.Revocations is { } revocations) PrivateFile.Write(directory.Files.Revocations, revocations);
        admitted.Write(directory.Path);
        return admitted;
    }

    /// <summary>Returns once this node's member, which runs, counts.</summary>
    public async Task PromoteAsync(IEngineMembers engine, CancellationToken cancellationToken)
    {
        while ((await engine.GetStatusAsync(cancellationToken).ConfigureAwait(false)).State is EngineState.Learner)
        {
            progress("The state is being copied to this node.");
            if ((await peers.AskAsync(static (calls, place, stop) => calls.PostAsync<EnginePromotionResponse>(place, PeerPaths.Promote, stop), progress, cancellationToken).ConfigureAwait(false)).Promoted) return;
            await Task.Delay(AskEvery, time, cancellationToken).ConfigureAwait(false);
        }
    }
}
