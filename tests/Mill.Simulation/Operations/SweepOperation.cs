using Mill.Core.Access;
using Mill.Core.Ports;
using Mill.Simulation.Model;

namespace Mill.Simulation.Operations;

/// <summary>The server's own housekeeping: idempotency keys go once their time has run out, and never before.</summary>
internal sealed class SweepOperation(int number, Caller caller, Func<CancellationToken, Task> sweep) : Operation(number, caller)
{
    public override string ToString() => "sweep";

    public override Operation Again(int number) => new SweepOperation(number, Caller, sweep);

    protected override async Task<OperationAnswer> SendAsync(IVault vault, WriteContext context, CancellationToken cancellationToken)
    {
        await sweep(cancellationToken);
        return new("swept", 0);
    }

    protected override Outcome Apply(ModelState state, CommitView commit)
    {
        foreach (var key in commit.RemovedKeys)
        {
            if (state.Remembered.GetValueOrDefault(key) is not { } known) continue;
            var age = TimeSpan.FromMicroseconds(DecidedAt!.Value.Microseconds - known.AppliedAt);
            Violation.Unless(age >= Window, $"a key was swept after {age}");
            state = state with { Remembered = state.Remembered.Remove(key) };
        }
        return new(state, "swept");
    }
}
