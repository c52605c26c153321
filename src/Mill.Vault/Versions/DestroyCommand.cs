using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>Takes data keys away for good, and asks the store to leave no trace of them.</summary>
internal sealed class DestroyCommand : VaultCommand<Done>
{
    private readonly Caller _caller;
    private readonly DestroyVersions _request;

    public DestroyCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, DestroyVersions request, WriteContext context)
        : base(ring, AnswerJson.Default.Done)
    {
        (_caller, _request) = (caller, request);
        Idempotency = Remembering.Of(caller, context, () => request.Versions is { } versions
            ? versions.Aggregate(Fingerprint.Of(unsealed, "destroy").Add(request.Name.Value), (print, version) => print.Add(version))
            : Fingerprint.Of(unsealed, "destroy-all").Add(request.Name.Value));
    }

    protected override Decision<Done> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        var history = Visibility.Find(state, _caller, _request.Name) ?? throw SecretDecisions.NotFound(_request.Name);
        return new(new(), SecretDecisions.Destroy(history, _request.Versions, now)) { Scrub = true };
    }
}
