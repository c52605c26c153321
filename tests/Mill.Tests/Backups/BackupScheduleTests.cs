using System.Diagnostics.Metrics;
using Mill.Backups;
using Mill.Core.Backups;
using Mill.Core.Model;
using Mill.Secrets;
using Mill.Testing;
using Mill.Tests.Core.Backups;
using Mill.Tests.State;
using Xunit;

namespace Mill.Tests.Backups;

#pragma warning disable CA1001 // the runner disposes it, asynchronously

/// <summary>Backups that a server makes by itself, on a clock that is moved by hand.</summary>
public sealed class BackupScheduleTests : IAsyncLifetime
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(24);

    private readonly TestDirectory _directory = new();
    private readonly ManualTime _time = new();
    private readonly RecordingLogger<BackupSchedule> _log = new();
    private readonly BackupMetrics _metrics = new();
    private CancellationTokenSource _stop = new();
    private Func<MillException?> _failure = static () => null;
    private ClusterState _state = BackedUp.State;
    private Task _running = Task.CompletedTask;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (!_running.IsCompleted) await StopAsync();
        _stop.Dispose();
        _metrics.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_first_is_made_at_once_and_the_next_when_its_time_has_come()
    {
        await StartAsync();
        Assert.Equal(["mill-00112233-20260101T000000Z-r42.backup"], Files());

        await AdvanceAsync(Every - TimeSpan.FromSeconds(1));
        Assert.Single(Files());
        _state = BackedUp.State with { Revision = 77 };
        await AdvanceAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(["mill-00112233-20260101T000000Z-r42.backup", "mill-00112233-20260102T000000Z-r77.backup"], Files());
        Assert.Empty((await BackupFile.CheckAsync(_directory.File(Files()[1]), static _ => null, default)).Problems);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.File(Files()[1])));
    }

    [Fact]
    public async Task A_restart_neither_makes_one_more_nor_skips_one()
    {
        await StartAsync();
        await AdvanceAsync(TimeSpan.FromHours(10));
        await StopAsync();
        await StartAsync();
        await AdvanceAsync(TimeSpan.FromHours(13));
        Assert.Single(Files());
        Assert.Equal(Seconds("2026-01-01T00:00:00Z"), LastSuccess());
        await StopAsync();
        _time.Advance(TimeSpan.FromHours(5));
        await StartAsync();
        Assert.Equal(["mill-00112233-20260101T000000Z-r42.backup", "mill-00112233-20260102T040000Z-r42.backup"], Files());
        Assert.Equal(Seconds("2026-01-02T04:00:00Z"), LastSuccess());
    }

    [Fact]
    public async Task Only_the_newest_stay()
    {
        await StartAsync(keep: 3);
        for (var day = 0; day < 5; day++) await AdvanceAsync(Every);

        Assert.Equal(["20260104", "20260105", "20260106"], Files().Select(file => file.Split('-')[2][..8]));
    }

    [Fact]
    public async Task What_is_not_of_this_cluster_or_no_backup_is_never_removed()
    {
        string[] others = ["mill-ffffffff-20250101T000000Z-r1.backup", "mill-00112233-20250101T000000Z-r1.backup.gz", "mill-00112233-notatime-r1.backup", "mine.backup", "notes.txt"];
        foreach (var other in others) await File.WriteAllTextAsync(_directory.File(other), "x");
        await StartAsync(keep: 1);
        for (var day = 0; day < 3; day++) await AdvanceAsync(Every);

        Assert.Equal(others.Append("mill-00112233-20260104T000000Z-r42.backup").Order(StringComparer.Ordinal), Files());
    }

    [Fact]
    public async Task A_failure_is_logged_and_counted_keeps_every_backup_and_is_tried_again_soon()
    {
        await StartAsync(keep: 1);
        _failure = static () => new(MillError.StorageUnavailable, "the store is away");
        await AdvanceAsync(Every);
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.Single(Files());
        Assert.Equal(2, Failures());
        Assert.Contains(_log.Lines, line => line.Text.Contains("the store is away", StringComparison.Ordinal));
        Assert.Equal(Seconds("2026-01-01T00:00:00Z"), LastSuccess());

        _failure = static () => null;
        await AdvanceAsync(TimeSpan.FromMinutes(5));
        Assert.Equal(["mill-00112233-20260102T001000Z-r42.backup"], Files());
        Assert.Equal(Seconds("2026-01-02T00:10:00Z"), LastSuccess());
    }

    [Fact]
    public async Task A_directory_that_went_away_is_a_failure_and_not_the_end()
    {
        await StartAsync();
        Directory.Move(_directory.Path, _directory.Path + ".away");
        await AdvanceAsync(Every);
        Directory.Move(_directory.Path + ".away", _directory.Path);
        await AdvanceAsync(TimeSpan.FromMinutes(5));

        Assert.Equal(1, Failures());
        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public async Task A_clock_that_went_back_costs_no_backup()
    {
        await File.WriteAllTextAsync(_directory.File("mill-00112233-20400101T000000Z-r9.backup"), "of another clock");
        await StartAsync(keep: 1);

        Assert.Equal(["mill-00112233-20260101T000000Z-r42.backup"], Files());
    }

    [Fact]
    public async Task A_backup_in_which_not_everything_fits_removes_no_other()
    {
        await StartAsync(keep: 1);
        var history = Core.Samples.History(3);
        _state = BackedUp.State with { Tenants = Core.States.With(history with { Versions = history.Versions.RemoveAt(1) }).Tenants };
        await AdvanceAsync(Every);

        Assert.Equal(2, Files().Length);
        Assert.Contains(_log.Lines, line => line.Text.Contains("version 2 is missing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_a_crash_left_is_cleared_away()
    {
        var left = _directory.File("mill-00112233-20251231T000000Z-r40.backup" + BackupFile.Incomplete);
        await File.WriteAllTextAsync(left, "half");
        await StartAsync();
        Assert.False(File.Exists(left));
    }

    private string[] Files() => [.. Directory.GetFiles(_directory.Path).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    private async Task StartAsync(int keep = 14)
    {
        var schedule = new BackupSchedule(new(_directory.Path, Every, keep), Take, _metrics, "1.2.3", _time, _log);
        _running = schedule.RunAsync(_stop.Token);
        await RestAsync();
    }

    /// <summary>Ends the running one; another may be started with the same files.</summary>
    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _running);
        _stop.Dispose();
        _stop = new();
    }

    private ValueTask<StateBackup> Take(BackupOrigin origin, CancellationToken cancellationToken) => _failure() is { } failure ? throw failure : new(StateBackup.Of(_state, origin));

    private async Task AdvanceAsync(TimeSpan by)
    {
        _time.Advance(by);
        await RestAsync();
    }

    /// <summary>Until it waits for its next time: then nothing happens before the clock moves.</summary>
    private async Task RestAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (_time.ArmedTimers == 0 && !_running.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }

    private static double? LastSuccess() => Observe("mill.backup.last_success_timestamp");

    private static double? Failures() => Observe("mill.backup.failures");

    private static double? Observe(string name)
    {
        double? seen = null;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Name == "Mill.Backups" && instrument.Name == name) listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, value, _, _) => seen = value);
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => seen = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    private static double Seconds(string time) => DateTimeOffset.Parse(time, null).ToUnixTimeSeconds();
}
