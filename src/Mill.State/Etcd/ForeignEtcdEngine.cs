using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Etcd;

/// <summary>An etcd cluster that somebody else runs: its members are no business of Mill's, and do not come and go with nodes.</summary>
/// <param name="store">Asked how the member is that answers at the moment.</param>
public sealed class ForeignEtcdEngine(EtcdStateStore store) : IEngineMembers
{
    public Task<EngineAdmission> AdmitAsync(NodeRecord node, CancellationToken cancellationToken) =>
        throw new MillException(MillError.PreconditionFailed, "This cluster keeps its state in an etcd that Mill does not run.")
        {
            Hint = $"Take this node out again, mill remove {node.Name}, and join with --etcd-endpoints and an empty data directory.",
        };

    public Task<bool> PromoteAsync(NodeRecord node, CancellationToken cancellationToken) => Task.FromResult(true);

    public Task RemoveAsync(NodeRecord node, CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask<EngineStatus> GetStatusAsync(CancellationToken cancellationToken) =>
        new EtcdEngine(store.Members, store.Channel.Preferred).GetStatusAsync(cancellationToken);
}
