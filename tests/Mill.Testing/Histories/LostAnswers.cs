namespace Mill.Testing.Histories;

/// <summary>Answers that cannot come any more: numbers only rise, a version keeps its value, and commit times only rise.</summary>
internal static class LostAnswers
{
    public static bool IsLost(SecretsState state, SecretCall call, SecretAnswer answer)
    {
        // What was remembered is answered again at any time.
        if (call is { IsWrite: true, Key: { } key } && state.Remembered(key) is not null) return false;
        return (call, answer) switch
        {
            (SecretCall.Set set, SecretAnswer.Written written) => IsLost(state.Find(set.Name), written) || (written.Changed && written.ValidFrom <= state.LastCommit),
            (SecretCall.Transact transact, SecretAnswer.Committed committed) => IsLost(state, transact, committed),
            (SecretCall.Get get, SecretAnswer.Found found) => state.Find(get.Name) is { } newest && IsCurrentLost(newest, found),
            (SecretCall.GetVersion get, SecretAnswer.Found found) => state.Find(get.Name) is { } newest && IsVersionLost(newest, found),
            (SecretCall.GetVersion get, SecretAnswer.NotFound) => state.Find(get.Name)?.Number >= get.Version,
            (SecretCall.History history, SecretAnswer.NotFound) => state.Find(history.Name) is not null,
            (SecretCall.History history, SecretAnswer.Versions { NewestFirst: [var seen, ..] }) => state.Find(history.Name)?.Number > seen.Number,
            _ => false,
        };
    }

    private static bool IsLost(VersionChain? newest, SecretAnswer.Written written) =>
        newest is not null && (written.Changed ? newest.Number >= written.Version : newest.Number > written.Version || (newest.Number == written.Version && newest.IsDeleted));

    private static bool IsLost(SecretsState state, SecretCall.Transact transact, SecretAnswer.Committed committed)
    {
        if (committed.Results.Any(result => result.Changed) && committed.ValidFrom <= state.LastCommit) return true;
        return transact.Changes.Zip(committed.Results).Any(pair => pair.First.Value is not null && IsLost(state.Find(pair.First.Name), new(pair.Second.Version, ValidFrom: null, pair.Second.Changed)));
    }

    private static bool IsCurrentLost(VersionChain newest, SecretAnswer.Found found) =>
        newest.Number > found.Version.Number || (newest.Number == found.Version.Number && (newest.IsDeleted || newest.Value != found.Value || Differs(newest.From, found.Version.ValidFrom)));

    private static bool IsVersionLost(VersionChain newest, SecretAnswer.Found found) =>
        newest.Find(found.Version.Number) is { } version && (version.Value != found.Value || Differs(version.From, found.Version.ValidFrom)
            || (found.Version.State == SeenVersion.Current && (version.IsDeleted || newest.Number > version.Number)));

    private static bool Differs(long? known, long? seen) => known is not null && known != seen;
}
