using Microsoft.Extensions.Logging;
using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// Keeps etcd fit: forgets old revisions, and says how full the members are. One node is to run it at a time; two would do no harm.
/// Defragmentation is left to the operator: a member that defragments answers nobody meanwhile.
/// </summary>
public sealed partial class EtcdUpkeep : IDisposable
{
    private const double NearlyFull = 0.8;

    private readonly EtcdChannel _channel;
    private readonly EtcdMembers _members;
    private readonly EtcdUpkeepOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CompactionRule _rule;
    private readonly EtcdMetrics _metrics;
    private readonly string? _ownName;
    private long _compacted;

    public EtcdUpkeep(EtcdStateStore store, EtcdUpkeepOptions options, TimeProvider time, ILogger<EtcdUpkeep> logger)
    {
        (_channel, _members, _options, _time, _logger) = (store.Channel, store.Members, options, time, logger);
        _ownName = options.OwnName;
        (_rule, _metrics) = (new(options.KeepRevisions, options.KeepFor), new(options.QuotaBytes));
    }

    /// <summary>Looks after etcd until cancelled. What goes wrong is logged, and tried again the next time.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.Interval, _time);
        do
        {
            try
            {
                await TendAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MillException failure)
            {
                LogPutOff(failure.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>One round.</summary>
    public async Task TendAsync(CancellationToken cancellationToken)
    {
        var alarms = await _members.ListAlarmsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var alarm in alarms) LogAlarm(alarm.Kind, alarm.Member);
        var statuses = await ReadStatusesAsync(cancellationToken).ConfigureAwait(false);
        foreach (var (member, status) in statuses.Where(seen => seen.Status.DatabaseBytes > NearlyFull * _options.QuotaBytes))
            LogNearlyFull(member, status.DatabaseBytes, _options.QuotaBytes, status.DatabaseBytesInUse);
        _metrics.See(statuses, alarms.Count);
        await CompactAsync(cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _metrics.Dispose();

    private async Task<IReadOnlyList<(string Member, EtcdMemberStatus Status)>> ReadStatusesAsync(CancellationToken cancellationToken)
    {
        var statuses = new List<(string, EtcdMemberStatus)>();
        // A member that only we can reach tells of itself; the others have their own Mill for that.
        if (_ownName is { } name) return [(name, await _members.ReadStatusAsync(_channel.Preferred, cancellationToken).ConfigureAwait(false))];
        foreach (var member in await _members.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (member.ClientUrls is not [var url, ..]) continue; // not started yet
            try
            {
                statuses.Add((member.Name, await _members.ReadStatusAsync(url, cancellationToken).ConfigureAwait(false)));
            }
            catch (MillException failure)
            {
                LogNoStatus(member.Name, failure.Message);
            }
        }
        return statuses;
    }

    private async Task CompactAsync(CancellationToken cancellationToken)
    {
        var target = _rule.See(_time.GetUtcNow(), await EtcdRevision.ReadAsync(_channel, cancellationToken).ConfigureAwait(false));
        if (target <= _compacted) return;
        try
        {
            await _channel.AskAsync(EtcdCalls.Compact, new CompactionRequest { Revision = target }, cancellationToken).ConfigureAwait(false);
            LogCompacted(target);
        }
        catch (MillException failure) when (EtcdFailure.IsFault(failure, EtcdFault.Compacted))
        {
            // Somebody else did it already.
        }
        _compacted = target;
    }

    [LoggerMessage(3231, LogLevel.Warning, "The upkeep of etcd was put off: {Reason}")]
    private partial void LogPutOff(string reason);

    [LoggerMessage(3232, LogLevel.Error,
        "etcd member {Member:x} has raised the alarm {Kind}. After NOSPACE: raise the quota, or defragment the members one by one; then `etcdctl alarm disarm`.")]
    private partial void LogAlarm(string kind, ulong member);

    [LoggerMessage(3233, LogLevel.Warning,
        "The database of etcd member {Member} has {Bytes} of {Quota} bytes; {InUse} are in use. Defragment it if that is much less, or raise the quota.")]
    private partial void LogNearlyFull(string member, long bytes, long quota, long inUse);

    [LoggerMessage(3234, LogLevel.Warning, "etcd member {Member} does not say how it is: {Reason}")]
    private partial void LogNoStatus(string member, string reason);

    [LoggerMessage(3235, LogLevel.Debug, "etcd was compacted up to revision {Revision}")]
    private partial void LogCompacted(long revision);
}
