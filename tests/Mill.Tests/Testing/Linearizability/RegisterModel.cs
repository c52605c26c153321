using Mill.Testing.Linearizability;

namespace Mill.Tests.Testing.Linearizability;

/// <summary>A number in each of several registers: the plainest thing that can be checked. It knows nothing of answers that are lost.</summary>
internal sealed class RegisterModel : IModel<RegisterState, RegisterCall, RegisterAnswer>
{
    public RegisterState Initial { get; } = new(0);

    public IEnumerable<string> PartsOf(RegisterCall input) => [input.Register];

    public RegisterState? Step(RegisterState state, RegisterCall input, RegisterAnswer? output)
    {
        var next = input.Write is { } value ? new(value) : state;
        return output is null || output.Read is null || output.Read == state.Value ? next : null;
    }

    public string Describe(RegisterState state) => $"value {state.Value}";

    public string Expect(RegisterState state, RegisterCall input) => input.Write is null ? $"{state.Value}" : "written";
}

internal sealed record RegisterState(int Value);

/// <summary>A read, or with a value a write.</summary>
internal sealed record RegisterCall(string Register, int? Write = null)
{
    public override string ToString() => Write is { } value ? $"write {value}" : "read";
}

internal sealed record RegisterAnswer(int? Read = null)
{
    public override string ToString() => Read is { } value ? $"{value}" : "written";
}
