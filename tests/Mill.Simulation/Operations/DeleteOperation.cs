using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

internal sealed class DeleteOperation(int number, Caller caller, SecretName name, WritePrecondition precondition) : Operation(number, caller)
{
    public override string ToString() => $"delete {name} {Precondition.Text(precondition)}";

    public override Operation Again(int number) => new DeleteOperation(number, Caller, name, precondition) { Key = Key };

    protected override async Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken) =>
        OperationAnswer.Of(await vault.DeleteAsync(Caller, new(name, precondition), context, cancellationToken), "done");

    protected override Outcome Apply(ModelState state, CommitView commit)
    {
        var current = state.Current(IdOf(name));
        if (current is null) return Outcome.Refused(state, MillError.NotFound);
        if (!Precondition.Holds(precondition, current)) return Outcome.Refused(state, MillError.PreconditionFailed);
        return new(Changes.Delete(state, IdOf(name), commit, time: null), "done");
    }
}
