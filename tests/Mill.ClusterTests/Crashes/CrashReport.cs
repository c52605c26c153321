namespace Mill.ClusterTests.Crashes;

/// <summary>What a run of kills amounted to.</summary>
internal sealed class CrashReport
{
    public int Kills { get; set; }

    public int AtStart { get; set; }

    public int Directories { get; set; }

    public long Acknowledged { get; set; }

    public int Unknown { get; set; }

    public int UnknownHappened { get; set; }

    public override string ToString() =>
        $"{Kills} kills ({AtStart} during start-up), {Directories} data directories, {Acknowledged} acknowledged writes, {Unknown} unknown outcomes ({UnknownHappened} of them had happened)";
}
