namespace Mill.ClusterTests.Crashes;

/// <summary>What a run of kills amounted to.</summary>
internal sealed class CrashReport
{
    /// <summary>How many kills it is to be.</summary>
    public int Wanted { get; init; }

    public bool IsDone => Kills >= Wanted;

    public int Kills { get; set; }

    public int AtStart { get; set; }

    public int Directories { get; set; }

    public long Acknowledged { get; set; }

    public int Unknown { get; set; }

    public int UnknownHappened { get; set; }

    public static CrashReport Add(CrashReport one, CrashReport other) => new()
    {
        Wanted = one.Wanted + other.Wanted,
        Kills = one.Kills + other.Kills,
        AtStart = one.AtStart + other.AtStart,
        Directories = one.Directories + other.Directories,
        Acknowledged = one.Acknowledged + other.Acknowledged,
        Unknown = one.Unknown + other.Unknown,
        UnknownHappened = one.UnknownHappened + other.UnknownHappened,
    };

    public override string ToString() =>
        $"{Kills} kills ({AtStart} during start-up), {Directories} data directories, {Acknowledged} acknowledged writes, {Unknown} unknown outcomes ({UnknownHappened} of them had happened)";
}
