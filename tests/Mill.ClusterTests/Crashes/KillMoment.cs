namespace Mill.ClusterTests.Crashes;

/// <summary>When a server under load is killed.</summary>
internal abstract record KillMoment
{
    public sealed record AfterAnswers(int Count) : KillMoment;

    public sealed record AfterTime(TimeSpan Time) : KillMoment;

    /// <summary>While the log is copied into the database: at the first write to it, or some later one.</summary>
    public sealed record AtCheckpoint(int Writes) : KillMoment;

    public static KillMoment Choose(Random random) => random.Next(10) switch
    {
        < 4 => new AfterAnswers(random.Next(1, 200)),
        < 8 => new AfterTime(TimeSpan.FromMicroseconds(random.Next(200, 400_000))),
        _ => new AtCheckpoint(random.Next(1, 40)),
    };
}
