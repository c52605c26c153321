using System.Diagnostics.Metrics;
using Mill.Core.Model;

namespace Mill.Backups;

/// <summary>How scheduled backups are doing: what an alarm looks at.</summary>
internal sealed class BackupMetrics : IDisposable
{
    private readonly Meter _meter = new("Mill.Backups");
    private long _lastSuccess; // in microseconds since 1970; zero before the first
    private long _failures;

    public BackupMetrics()
    {
        _meter.CreateObservableGauge("mill.backup.last_success_timestamp", LastSuccess, unit: "s", description: "When the latest scheduled backup was made, in seconds since 1970.");
        _meter.CreateObservableCounter("mill.backup.failures", () => Volatile.Read(ref _failures), description: "Scheduled backups that failed.");
    }

    public void Succeeded(Timestamp madeAt) => Volatile.Write(ref _lastSuccess, madeAt.Microseconds);

    public void Failed() => Interlocked.Increment(ref _failures);

    public void Dispose() => _meter.Dispose();

    /// <summary>Nothing at all before the first: zero would be a time long ago.</summary>
    private IEnumerable<Measurement<double>> LastSuccess() => Volatile.Read(ref _lastSuccess) is > 0 and var moment ? [new(moment / 1e6)] : [];
}
