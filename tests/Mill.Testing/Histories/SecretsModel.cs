using Mill.Testing.Linearizability;

namespace Mill.Testing.Histories;

/// <summary>
/// The secrets of one tenant as a model for <see cref="LinearizabilityCheck"/>: sets, deletes and transactions with their preconditions and idempotency keys, reads of the current and of a numbered version,
/// and histories. Commit times belong to it: they only rise, and everybody sees the same ones. Reads at a moment are left to <see cref="PointInTimeCheck"/>;
/// destruction and retention are not known here.
/// </summary>
public sealed class SecretsModel : IModel<SecretsState, SecretCall, SecretAnswer>
{
    public SecretsState Initial => SecretsState.Empty;

    /// <summary>A key ties together whatever was sent with it.</summary>
    public IEnumerable<string> PartsOf(SecretCall input) => input.Key is { } key ? input.Names.Append($"key {key}") : input.Names;

    public SecretsState? Step(SecretsState state, SecretCall input, SecretAnswer? output)
    {
        if (input is SecretCall.GetAt) return state;
        var instant = InstantOf(output);
        var (next, expected) = SecretDecisions.Decide(state, input, instant);
        if (output is null) return next;
        if (!AnswerFit.Fits(expected, output)) return null;
        if (!ReferenceEquals(next, state) && IsNewVersion(output) && instant <= state.LastCommit) return null;
        foreach (var (name, seen) in AnswerFit.SeenIn(input, output))
        {
            if (next.Learn(name, seen) is not { } learned) return null;
            next = learned;
        }
        return next;
    }

    public bool IsLost(SecretsState state, SecretCall input, SecretAnswer output) => LostAnswers.IsLost(state, input, output);

    public string Describe(SecretsState state) => state.ToString();

    public string Expect(SecretsState state, SecretCall input) => input is SecretCall.GetAt ? "left to another check" : SecretDecisions.Decide(state, input, instant: null).Answer.ToString();

    private static long? InstantOf(SecretAnswer? output) => output switch
    {
        SecretAnswer.Written { Changed: true } written => written.ValidFrom,
        SecretAnswer.Committed committed when committed.Results.Any(result => result.Changed) => committed.ValidFrom,
        _ => null,
    };

    private static bool IsNewVersion(SecretAnswer output) => InstantOf(output) is not null;
}
