using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// Keeps etcd fit: forgets old revisions, says how full the members are, and keeps room in the one that Mill runs here. Every node may run it: what two do, one had done.
/// </summary>
public sealed partial class EtcdUpkeep : IDisposable
{
    private const string NoSpace = "NOSPACE";

    private static readonly TimeSpan RoomEvery = TimeSpan.FromMilliseconds(500);

    private readonly EtcdChannel _channel;
    private readonly EtcdMembers _members;
    private readonly EtcdUpkeepOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CompactionRule _rule;
    private readonly EtcdMetrics _metrics;
    private readonly EtcdRoom? _room;
    private IReadOnlyList<EtcdAlarm> _alarms = [];
    private long _compacted;

    public EtcdUpkeep(EtcdStateStore store, EtcdUpkeepOptions options, TimeProvider time, ILogger<EtcdUpkeep> logger)
    {
        (_channel, _members, _options, _time, _logger) = (store.Channel, store.Members, options, time, logger);
        (_rule, _metrics) = (new(options.KeepRevisions, options.KeepFor), new(options.QuotaBytes));
        _room = options.Own is { } own ? new(store.Channel, store.Members, own, options.QuotaBytes, time, logger) : null;
    }

    /// <summary>Size of the database at which nothing is written any more; null where Mill does not run etcd, which does not tell.</summary>
    public long? QuotaBytes => _room is null ? null : _options.QuotaBytes;

    /// <summary>Whether the member that Mill runs here is being written anew, or waits for its turn.</summary>
    public Defragmentation Defragmentation => _room?.Stage ?? Defragmentation.None;

    /// <summary>Looks after etcd until cancelled. What goes wrong is logged, and tried again the next time.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await TendAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (MillException failure)
            {
                LogPutOff(failure.Message);
            }
            var isUrgent = _room is not null && _alarms.Any(IsFull);
            await Task.Delay(isUrgent ? _options.IntervalWhenFull : _options.Interval, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Goes on until writes are taken, at once where they are. False where nothing can be done about a full member: of the past there is nothing left, or it is not Mill that runs etcd.
    /// </summary>
    public async Task<bool> MakeRoomAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await TendAsync(cancellationToken).ConfigureAwait(false);
            if (!_alarms.Any(IsFull)) return true;
            if (_room is not { IsSpent: false }) return false;
            await Task.Delay(RoomEvery, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>One round.</summary>
    public async Task TendAsync(CancellationToken cancellationToken)
    {
        var alarms = await _members.ListAlarmsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var alarm in alarms.Except(_alarms)) Say(alarm);
        _alarms = alarms;
        var statuses = await ReadStatusesAsync(cancellationToken).ConfigureAwait(false);
        if (alarms.Count is 0) SayHowFull(statuses);
        _metrics.See(statuses, alarms.Count);
        var full = _room is null ? [] : alarms.Where(IsFull).ToList();
        var revision = await CompactAsync(full.Count > 0, cancellationToken).ConfigureAwait(false);
        if (_room is { } room) await room.KeepAsync(full, revision, cancellationToken).ConfigureAwait(false);
    }

    public void Dispose() => _metrics.Dispose();

    private static bool IsFull(EtcdAlarm alarm) => alarm.Kind is NoSpace;

    private void Say(EtcdAlarm alarm)
    {
        if (_room is null) LogAlarm(alarm.Kind, alarm.Member);
        else if (IsFull(alarm)) LogFull(alarm.Member);
        else LogDamaged(alarm.Kind, alarm.Member);
    }

    private void SayHowFull(IReadOnlyList<(string Member, EtcdMemberStatus Status)> statuses)
    {
        var limit = StorageAdvice.NearlyFull * _options.QuotaBytes;
        foreach (var (member, status) in statuses)
        {
            // What is not in use is won back where Mill runs etcd.
            if (_room is null && status.DatabaseBytes > limit) LogNearlyFull(member, status.DatabaseBytes, _options.QuotaBytes, status.DatabaseBytesInUse);
            else if (status.DatabaseBytesInUse > limit) LogOwnNearlyFull(status.DatabaseBytesInUse, _options.QuotaBytes);
        }
    }

    private async Task<IReadOnlyList<(string Member, EtcdMemberStatus Status)>> ReadStatusesAsync(CancellationToken cancellationToken)
    {
        var statuses = new List<(string, EtcdMemberStatus)>();
        // A member that only we can reach tells of itself; the others have their own Mill for that.
        if (_options.Own is { Name: var name }) return [(name, await _members.ReadStatusAsync(_channel.Preferred, cancellationToken).ConfigureAwait(false))];
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

    /// <summary>Returns where the store stands.</summary>
    private async Task<long> CompactAsync(bool isFull, CancellationToken cancellationToken)
    {
        var revision = await EtcdRevision.ReadAsync(_channel, cancellationToken).ConfigureAwait(false);
        var target = _rule.See(_time.GetUtcNow(), revision, isFull);
        if (target <= _compacted) return revision;
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
        return revision;
    }

    [LoggerMessage(3231, LogLevel.Warning, "The upkeep of etcd was put off: {Reason}")]
    private partial void LogPutOff(string reason);

    [LoggerMessage(3232, LogLevel.Error,
        "etcd member {Member:x} has raised the alarm {Kind}. After NOSPACE: raise the quota, or defragment the members one by one; then `etcdctl alarm disarm`.")]
    private partial void LogAlarm(string kind, ulong member);

    [LoggerMessage(3233, LogLevel.Warning,
        "The database of etcd member {Member} has {Bytes} of {Quota} bytes; {InUse} are in use. Defragment it if that is much less, or raise the quota.")]
    private partial void LogNearlyFull(string member, long bytes, long quota, long inUse);

    [LoggerMessage(3236, LogLevel.Error,
        "The database is full, by the word of etcd member {Member:x}, and nothing is written. " + StorageAdvice.Full)]
    private partial void LogFull(ulong member);

    [LoggerMessage(3237, LogLevel.Warning,
        "{InUse} bytes of the database are in use, of {Quota}; beyond that, nothing is written: " + StorageAdvice.InTime)]
    private partial void LogOwnNearlyFull(long inUse, long quota);

    [LoggerMessage(3238, LogLevel.Error, "etcd member {Member:x} has raised the alarm {Kind}: the members do not hold the same. Begin anew with a backup: mill init --restore FILE")]
    private partial void LogDamaged(string kind, ulong member);

    [LoggerMessage(3234, LogLevel.Warning, "etcd member {Member} does not say how it is: {Reason}")]
    private partial void LogNoStatus(string member, string reason);

    [LoggerMessage(3235, LogLevel.Debug, "etcd was compacted up to revision {Revision}")]
    private partial void LogCompacted(long revision);
}
