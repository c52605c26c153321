using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>
/// Takes data keys away for good, and asks the store to leave no trace of them. Where they are more than fit into one commit, it takes as many as fit, the
/// oldest first: the secret exists until the last of them goes, and nothing that was set meanwhile is left.
/// </summary>
internal sealed class DestroyCommand : VaultCommand<Done>
{
    private readonly Caller _caller;
    private readonly DestroyVersions _request;
    private readonly StoreLimits _limits;

    public DestroyCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, DestroyVersions request, WriteContext context, StoreLimits limits)
        : base(ring, AnswerJson.Default.Done)
    {
        (_caller, _request, _limits) = (caller, request, limits);
        Idempotency = Remembering.Of(caller, context, () => request.Versions is { } versions
            ? versions.Aggregate(Fingerprint.Of(unsealed, "destroy").Add(request.Name.Value), (print, version) => print.Add(version))
            : Fingerprint.Of(unsealed, "destroy-all").Add(request.Name.Value));
    }

    protected override Decision<Done> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        var history = Visibility.Find(state, _caller, _request.Name) ?? throw SecretDecisions.NotFound(_request.Name);
        var all = SecretDecisions.Destroy(history, _request.Versions, now);
        var first = all.TakeFitting(_limits);
        return new(new(), first) { Scrub = true, IsPartial = first.Count < all.Count };
    }
}
