using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

internal sealed class DestroyOperation(int number, Caller caller, SecretName name, IReadOnlyList<int>? versions) : Operation(number, caller)
{
    public override string ToString() => $"destroy {name} {(versions is null ? "all" : string.Join(',', versions))}";

    public override Operation Again(int number) => new DestroyOperation(number, Caller, name, versions) { Key = Key };

    protected override async Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken) =>
        OperationAnswer.Of(await vault.DestroyAsync(Caller, new(name, versions), context, cancellationToken), "done");

    protected override Outcome Apply(ModelState state, CommitView commit)
    {
        var kept = state.Versions(IdOf(name)).Select(version => version.Number).ToList();
        var chosen = versions ?? kept;
        if (kept.Count == 0 || chosen.Except(kept).Any()) return Outcome.Refused(state, MillError.NotFound);
        return new(Changes.Destroy(state, IdOf(name), chosen.Distinct(), commit), "done");
    }
}
