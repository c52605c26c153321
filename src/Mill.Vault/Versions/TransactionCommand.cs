using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Secrets;
using Mill.Secrets;
using Mill.Vault.Envelopes;
using Mill.Vault.KeyRing;

namespace Mill.Vault.Versions;

/// <summary>Several sets and deletes at one instant. Every precondition is checked against what was there before any of them.</summary>
internal sealed class TransactionCommand : VaultCommand<TransactionAnswer>
{
    private readonly Caller _caller;
    private readonly Transaction _request;
    private readonly string _requestId;

    public TransactionCommand(KeyRing.KeyRing ring, Unsealed unsealed, Caller caller, Transaction request, WriteContext context)
        : base(ring, AnswerJson.Default.TransactionAnswer)
    {
        (_caller, _request, _requestId) = (caller, request, context.RequestId);
        Idempotency = Remembering.Of(caller, context, () => request.Operations.Aggregate(
            Fingerprint.Of(unsealed, "transaction"),
            (print, operation) => print.Add(operation.Name.Value).Add(operation.Value, operation.Kind).Add(operation.Precondition)));
    }

    public override int Size => _request.Operations.Sum(operation => operation.Value?.Length ?? 0);

    protected override Decision<TransactionAnswer> Decide(ClusterState state, Timestamp now, Unsealed unsealed)
    {
        DemandAll(state);
        var changes = new List<StateChange>();
        var results = new List<OperationAnswer>(_request.Operations.Count);
        foreach (var operation in _request.Operations)
        {
            var (answer, own) = Apply(state, operation, now, unsealed);
            results.Add(answer);
            changes.AddRange(own);
        }
        // Nothing changed: then the instant since when all of this is so. It is told by these secrets alone; what others do is nobody's business here.
        var instant = changes.Count > 0 ? now : _request.Operations.Select(operation => state.Find(new(_caller.Tenant, operation.Name))!.Current!.ValidFrom).DefaultIfEmpty(now).Max();
        return new(new(results, instant.Microseconds), changes);
    }

    private (OperationAnswer Answer, IReadOnlyList<StateChange> Changes) Apply(ClusterState state, TransactionOperation operation, Timestamp now, Unsealed unsealed)
    {
        var id = new SecretId(_caller.Tenant, operation.Name);
        var history = state.Find(id);
        var current = history?.Current;
        if (operation.Value is not { } value) return (Answer(current!, changed: true, deleted: true), [SecretDecisions.Delete(current!, now)]);
        if (current is not null && ValueOf.Is(unsealed, current, value)) return (Answer(current, changed: false, deleted: false), []);
        var draft = SecretDecisions.Draft(id, history, operation.Kind, now, _caller.Subject, _requestId);
        var version = EnvelopeSealer.Seal(unsealed, draft, value);
        return (Answer(version, changed: true, deleted: false), Appending.Changes(state, history, version, now, _request.Operations.Count));
    }

    /// <summary>Lists everything that stands in the way: first deletes of what is not there, then every failed precondition.</summary>
    private void DemandAll(ClusterState state)
    {
        var current = _request.Operations.Select(operation => state.Find(new(_caller.Tenant, operation.Name))?.Current).ToList();
        var missing = Problems(MillError.NotFound, (operation, index) =>
            operation is { Value: null, Precondition: { IfVersion: null } } && current[index] is null ? $"Secret \"{operation.Name}\" was not found." : null);
        if (missing.Count > 0) throw new MillException(MillError.NotFound, "Nothing was written: some of the secrets to delete were not found.") { Problems = missing };
        var failed = Problems(MillError.PreconditionFailed, (operation, index) => Preconditions.FindFailure(operation.Name, current[index], operation.Precondition));
        if (failed.Count > 0) throw new MillException(MillError.PreconditionFailed, $"Nothing was written: {failed.Count} of the preconditions failed.") { Problems = failed };
    }

    private List<MillProblem> Problems(MillError error, Func<TransactionOperation, int, string?> find) =>
    [
        .. _request.Operations
            .Select((operation, index) => find(operation, index) is { } detail ? new MillProblem(error.ToCode(), detail, $"/operations/{index}") : null)
            .OfType<MillProblem>(),
    ];

    private static OperationAnswer Answer(SecretVersion version, bool changed, bool deleted) => new(version.Name.Value, version.Version, changed, deleted);
}
