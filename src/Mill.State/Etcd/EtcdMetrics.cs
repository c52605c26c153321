using System.Diagnostics.Metrics;

namespace Mill.State.Etcd;

/// <summary>How large the members' databases are, as they were when last looked at.</summary>
internal sealed class EtcdMetrics : IDisposable
{
    private readonly Meter _meter = new("Mill.State.Etcd");
    private volatile IReadOnlyList<(string Member, EtcdMemberStatus Status)> _seen = [];
    private volatile int _alarms;

    public EtcdMetrics(long quotaBytes)
    {
        _meter.CreateObservableGauge("mill.etcd.db_size", () => Each(static status => status.DatabaseBytes), "By", "Size of a member's database file.");
        _meter.CreateObservableGauge("mill.etcd.db_size_in_use", () => Each(static status => status.DatabaseBytesInUse), "By", "How much of the file holds data.");
        _meter.CreateObservableGauge("mill.etcd.quota", () => quotaBytes, "By", "Size of the file from which on nothing is written.");
        _meter.CreateObservableGauge("mill.etcd.alarms", () => _alarms, description: "Alarms that the members have raised.");
    }

    public void See(IReadOnlyList<(string Member, EtcdMemberStatus Status)> statuses, int alarms) => (_seen, _alarms) = (statuses, alarms);

    public void Dispose() => _meter.Dispose();

    private IEnumerable<Measurement<long>> Each(Func<EtcdMemberStatus, long> read) =>
        _seen.Select(seen => new Measurement<long>(read(seen.Status), new KeyValuePair<string, object?>("member", seen.Member)));
}
