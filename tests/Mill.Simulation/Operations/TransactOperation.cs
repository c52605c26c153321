using Mill.Core.Access;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

/// <summary>A set, or with no value a delete, inside a transaction.</summary>
internal sealed record Step(SecretName Name, string? Value, WritePrecondition Precondition)
{
    public override string ToString() => $"{Name} {Value ?? "gone"} {Operations.Precondition.Text(Precondition)}";
}

internal sealed class TransactOperation(int number, Caller caller, IReadOnlyList<Step> steps) : Operation(number, caller)
{
    public override string ToString() => $"transact [{string.Join("; ", steps)}]";

    public override Operation Again(int number) => new TransactOperation(number, Caller, steps) { Key = Key };

    protected override async Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken)
    {
        var operations = steps.Select(step => new TransactionOperation(step.Name, step.Value is { } text ? SecretValue.FromText(text) : null, ValueKind.Text, step.Precondition)).ToList();
        try
        {
            var committed = await vault.TransactAsync(Caller, new(operations), context, cancellationToken);
            var answer = committed.Answer;
            var isChanged = answer.Results.Any(result => result.Changed);
            return Mill.Simulation.Operations.OperationAnswer.Of(committed, Text(answer.Results.Select(result => (result.Version, result.Changed)), isChanged ? answer.ValidFrom : null));
        }
        finally
        {
            foreach (var operation in operations) operation.Value?.Dispose();
        }
    }

    protected override Outcome Apply(ModelState state, CommitView commit)
    {
        if (steps.Any(step => step is { Value: null, Precondition.IfVersion: null } && state.Current(IdOf(step.Name)) is null)) return Outcome.Refused(state, MillError.NotFound);
        if (!steps.All(step => Precondition.Holds(step.Precondition, state.Current(IdOf(step.Name))))) return Outcome.Refused(state, MillError.PreconditionFailed);
        long? time = null;
        var results = new List<(int, bool)>();
        foreach (var step in steps)
        {
            var current = state.Current(IdOf(step.Name));
            var isChanged = step.Value is null || current?.Value != step.Value;
            if (isChanged)
            {
                state = Change(state, step, commit, time);
                time = state.LastTime;
            }
            results.Add((state.Versions(IdOf(step.Name))[^1].Number, isChanged));
        }
        return new(state, Text(results, time));
    }

    private ModelState Change(ModelState state, Step step, CommitView commit, long? time) => step.Value is { } value
        ? Changes.Append(state, IdOf(step.Name), value, Caller.Subject, Request, commit, time)
        : Changes.Delete(state, IdOf(step.Name), commit, time);

    private static string Text(IEnumerable<(int Version, bool Changed)> results, long? time) =>
        $"{string.Join(", ", results.Select(result => $"{result.Version} {result.Changed}"))} at {time}";
}
