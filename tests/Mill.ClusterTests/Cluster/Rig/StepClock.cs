using System.Globalization;

namespace Mill.ClusterTests.Cluster.Rig;

/// <summary>
/// The wall clock of one node, by libfaketime: it stands between the process and the C library, and reads from a file how far off the clock is to be. Clocks that only measure how
/// long something takes are left alone, as they are when an operator or NTP sets the time. The engine reads its clock elsewhere, and keeps the true one.
/// </summary>
internal sealed class StepClock
{
    private static readonly string[] Places = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1"];

    private readonly string _file;

    private StepClock(string file)
    {
        _file = file;
        Step(TimeSpan.Zero);
    }

    /// <summary>How long a process may go on with the clock it had.</summary>
    public static TimeSpan Latest { get; } = TimeSpan.FromSeconds(1);

    public static string? Library { get; } = Places.FirstOrDefault(File.Exists);

    public static StepClock Of(RigNode node, string directory)
    {
        var clock = new StepClock(Path.Combine(directory, $"{node.Name}.clock"));
        node.Environment["LD_PRELOAD"] = Library!;
        node.Environment["FAKETIME_TIMESTAMP_FILE"] = clock._file;
        node.Environment["FAKETIME_CACHE_DURATION"] = Latest.TotalSeconds.ToString(CultureInfo.InvariantCulture);
        node.Environment["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
        return clock;
    }

    /// <summary>Sets the clock so far off the true time.</summary>
    public void Step(TimeSpan by)
    {
        var next = _file + ".next";
        File.WriteAllText(next, by.TotalSeconds.ToString("+0.000;-0.000;+0", CultureInfo.InvariantCulture) + "\n");
        File.Move(next, _file, overwrite: true);
    }
}
