using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>Appends a version, unless the value is current already.</summary>
internal sealed class SetCommand : VaultCommand<SetAnswer>, IDisposable
{
    private readonly Caller _caller;
    private readonly SetSecret _request;
    private readonly string _requestId;
    private SealingKey? _ahead;

    public SetCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, SetSecret request, WriteContext context)
        : base(ring, AnswerJson.Default.SetAnswer)
    {
        (_caller, _request, _requestId) = (caller, request, context.RequestId);
        Idempotency = Remembering.Of(caller, context, () => Fingerprint.Of(unsealed, "set")
            .Add(request.Name.Value).Add(request.Value, request.Kind).Add(request.Precondition).Add(request.Force ? 1 : 0));
        _ahead = SealingKey.Make(unsealed.Key); // last: nobody clears it where a constructor throws
    }

    public override int Size => _request.Value.Length;

    /// <summary>Clears what was made ahead and not used. A decision that is under way makes its own.</summary>
    public void Dispose() => Interlocked.Exchange(ref _ahead, null)?.Dispose();

    protected override Decision<SetAnswer> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        var id = new SecretId(_caller.Tenant, _request.Name);
        var history = state.Find(id);
        Preconditions.Demand(id.Name, history?.Current, _request.Precondition);
        if (!_request.Force && history?.Current is { } current && ValueOf.Is(unsealed, current, _request.Value))
        {
            return new(Answer(current, changed: false, created: false), []);
        }
        var draft = SecretDecisions.Draft(id, history, _request.Kind, now, _caller.Subject, _requestId);
        using var key = TakeKey(unsealed);
        var version = EnvelopeSealer.Seal(unsealed, draft, _request.Value, key);
        var changes = Appending.Changes(state, history, version, now);
        return new(Answer(version, changed: true, created: history?.Current is null), changes);
    }

    /// <summary>The key that was made ahead, unless it was used by a decision that came to nothing, or is of another master key.</summary>
    private SealingKey TakeKey(Unsealed unsealed)
    {
        var ahead = Interlocked.Exchange(ref _ahead, null);
        if (ahead?.Master == unsealed.Key) return ahead;
        ahead?.Dispose();
        return SealingKey.Make(unsealed.Key);
    }

    private static SetAnswer Answer(SecretVersion version, bool changed, bool created) =>
        new(version.Name.Value, version.Version, version.ValidFrom.Microseconds, changed, created);
}
