using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

internal sealed class SetOperation(int number, Caller caller, SecretName name, string value, WritePrecondition precondition, bool force) : Operation(number, caller)
{
    public override string ToString() => $"set {name} {value} {Precondition.Text(precondition)}{(force ? " force" : "")}";

    public override Operation Again(int number) => new SetOperation(number, Caller, name, value, precondition, force) { Key = Key };

    protected override async Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken)
    {
        using var secret = SecretValue.FromText(value);
        var committed = await vault.SetAsync(Caller, new(name, secret, ValueKind.Text, precondition, force), context, cancellationToken);
        var answer = committed.Answer;
        return OperationAnswer.Of(committed, Text(answer.Version, answer.ValidFrom, answer.Changed, answer.Created));
    }

    protected override Outcome Apply(ModelState state, CommitView commit)
    {
        var id = IdOf(name);
        var current = state.Current(id);
        if (!Precondition.Holds(precondition, current)) return Outcome.Refused(state, MillError.PreconditionFailed);
        if (current?.Value == value && !force) return new(state, Text(current.Number, current.From, changed: false, created: false));
        var after = Changes.Append(state, id, value, Caller.Subject, Request, commit, time: null);
        var version = after.Versions(id)[^1];
        return new(after, Text(version.Number, version.From, changed: true, created: current is null));
    }

    private static string Text(int version, long from, bool changed, bool created) => $"version {version} from {from} changed {changed} created {created}";
}
