namespace Mill.Testing.Histories;

/// <summary>Compares what the model answers with what was answered. Instants are compared where the versions are, since the model may learn them.</summary>
internal static class AnswerFit
{
    public static bool Fits(SecretAnswer expected, SecretAnswer actual) => (expected, actual) switch
    {
        (SecretAnswer.Written model, SecretAnswer.Written seen) =>
            model.Version == seen.Version && model.Changed == seen.Changed && (seen.Created is null || model.Created == seen.Created) && SameInstant(model.ValidFrom, seen.ValidFrom),
        (SecretAnswer.Committed model, SecretAnswer.Committed seen) => model.Results.SequenceEqual(seen.Results) && SameInstant(model.ValidFrom, seen.ValidFrom),
        (SecretAnswer.Found model, SecretAnswer.Found seen) => model.Value == seen.Value && SameVersion(model.Version, seen.Version),
        (SecretAnswer.Versions model, SecretAnswer.Versions seen) =>
            model.NewestFirst.Count == seen.NewestFirst.Count && model.NewestFirst.Zip(seen.NewestFirst).All(pair => SameVersion(pair.First, pair.Second)),
        _ => expected == actual,
    };

    /// <summary>The versions that an answer shows, with their instants.</summary>
    public static IEnumerable<(string Name, SeenVersion Version)> SeenIn(SecretCall call, SecretAnswer answer) => (call, answer) switch
    {
        (SecretCall.Set set, SecretAnswer.Written written) => [(set.Name, new(written.Version, "", written.ValidFrom, ValidTo: null))],
        (_, SecretAnswer.Found found) => [(call.Names.First(), found.Version)],
        (_, SecretAnswer.Versions versions) => versions.NewestFirst.Select(version => (call.Names.First(), version)),
        _ => [],
    };

    private static bool SameVersion(SeenVersion model, SeenVersion seen) => model.Number == seen.Number && model.State == seen.State
        && SameInstant(model.ValidFrom, seen.ValidFrom) && (seen.State == SeenVersion.Current ? seen.ValidTo is null : SameInstant(model.ValidTo, seen.ValidTo));

    /// <summary>An instant that the model does not know may be any.</summary>
    private static bool SameInstant(long? model, long? seen) => model is null || model == seen;
}
