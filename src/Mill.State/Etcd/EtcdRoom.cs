using Microsoft.Extensions.Logging;
using Mill.Core.Ports;
using Mill.Secrets;

namespace Mill.State.Etcd;

/// <summary>
/// Room in the database of the member that Mill runs here. Each node defragments its own, when the others let it; what was full has room again then, or with a larger
/// quota, and the alarm is taken back. That works while nothing can be written: there is no lock and no leader in it.
/// </summary>
internal sealed partial class EtcdRoom(EtcdChannel channel, EtcdMembers members, OwnEtcdMember own, long quotaBytes, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1);

    /// <summary>What has failed so often will not do.</summary>
    private const int Attempts = 3;

    private readonly DefragmentationRule _rule = new(quotaBytes);
    private volatile Defragmentation _stage;
    private int _failed; // in a row

    /// <summary>For the others to see.</summary>
    public Defragmentation Stage => _stage;

    /// <summary>The member is full, and was so at the last look after all that could be done about it here: there is no past left to let go of, no disk to do it with, or it failed each time.</summary>
    public bool IsSpent { get; private set; }

    /// <summary>One look, and what follows from it.</summary>
    /// <param name="alarms">Those that say that a member is full.</param>
    /// <param name="revision">Where the store stands.</param>
    public async Task KeepAsync(IReadOnlyList<EtcdAlarm> alarms, long revision, CancellationToken cancellationToken)
    {
        var isFull = alarms.Count > 0;
        var space = await LookAsync(revision, isFull, cancellationToken).ConfigureAwait(false);
        if (!isFull && space.Defragmentation is Defragmentation.None) return;
        var others = await own.Neighbours.AskAsync(cancellationToken).ConfigureAwait(false);
        if (space.Defragmentation is Defragmentation.Due && SpaceRule.IsTurn(space, others, isFull) && await TakeTurnAsync(space, revision, isFull, cancellationToken).ConfigureAwait(false))
        {
            space = await LookAsync(revision, isFull, cancellationToken).ConfigureAwait(false);
            others = await own.Neighbours.AskAsync(cancellationToken).ConfigureAwait(false);
        }
        if (!SpaceRule.MayDisarm(space, others)) return;
        foreach (var alarm in alarms)
        {
            await members.DisarmAsync(alarm, cancellationToken).ConfigureAwait(false);
            LogDisarmed(alarm.Member, space.Bytes, space.QuotaBytes);
        }
    }

    private async Task<MemberSpace> LookAsync(long revision, bool isFull, CancellationToken cancellationToken)
    {
        var status = await members.ReadStatusAsync(channel.Preferred, cancellationToken).ConfigureAwait(false);
        var space = new MemberSpace(status.Id, status.DatabaseBytes, quotaBytes, status.IsLeader || own.Neighbours.HoldsOffice(), Defragmentation.None);
        var isWorthIt = _rule.See(space.Bytes, status.DatabaseBytesInUse, space.HasRoom, revision, isFull);
        // Whoever has no disk for it must not keep the others waiting.
        var isDue = isWorthIt && FitsOnDisk(space.Bytes);
        _stage = isDue ? Defragmentation.Due : Defragmentation.None;
        IsSpent = isFull && !space.HasRoom && (_rule.IsDone(revision) || (isWorthIt && !isDue) || _failed >= Attempts);
        return space with { Defragmentation = _stage };
    }

    /// <summary>False where it was not its turn after all.</summary>
    private async Task<bool> TakeTurnAsync(MemberSpace space, long revision, bool isFull, CancellationToken cancellationToken)
    {
        // Announced first and looked at after: of two that begin at once, one at least sees the other.
        _stage = Defragmentation.Running;
        try
        {
            var others = await own.Neighbours.AskAsync(cancellationToken).ConfigureAwait(false);
            if (!SpaceRule.IsTurn(space, others, isFull)) return false;
            await StepBackAsync(others, isFull, cancellationToken).ConfigureAwait(false);
            await DefragmentAsync(space.Bytes, revision, cancellationToken).ConfigureAwait(false);
            return true;
        }
        finally
        {
            _stage = Defragmentation.None;
        }
    }

    /// <summary>etcd 3.4 ends where the disk does, half-way through.</summary>
    private bool FitsOnDisk(long bytes)
    {
        try
        {
            var free = new DriveInfo(own.Directory).AvailableFreeSpace;
            if (free > bytes) return true;
            LogNoDisk(own.Directory, bytes, free);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotDefragmented(e.Message);
            return false;
        }
    }

    /// <summary>Whoever leads would keep all others waiting: the leases of etcd are its leader's, and every write is the leading node's.</summary>
    private async Task StepBackAsync(IReadOnlyList<MemberSpace?> others, bool isFull, CancellationToken cancellationToken)
    {
        if (others.FirstOrDefault(SpaceRule.Answers) is not { } heir) return;
        // Who leads the nodes is written down, for which there is no room while the alarm stands; and there are no writes to wait for.
        if (!isFull) await own.Neighbours.LeaveOfficeAsync(cancellationToken).ConfigureAwait(false);
        await members.MoveLeaderAsync(heir.Member, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What failed half-way may be tried again.</summary>
    private async Task DefragmentAsync(long bytes, long revision, CancellationToken cancellationToken)
    {
        LogDefragmenting(own.Name, bytes);
        var start = time.GetTimestamp();
        try
        {
            await channel.AskAtAsync(channel.Preferred, EtcdCalls.Defragment, new(), own.Patience, cancellationToken).ConfigureAwait(false);
            _rule.Done(revision);
        }
        catch (MillException failure)
        {
            _failed++;
            LogNotDefragmented(failure.Message);
            await AnswersAsync(cancellationToken).ConfigureAwait(false);
        }
        var after = await members.ReadStatusAsync(channel.Preferred, cancellationToken).ConfigureAwait(false);
        // What was not answered in time may have been done all the same.
        if (!_rule.IsDone(revision) && after.DatabaseBytes >= bytes) return;
        _rule.Done(revision);
        _failed = 0;
        LogDefragmented(own.Name, bytes, after.DatabaseBytes, time.GetElapsedTime(start).TotalSeconds);
    }

    /// <summary>What was not answered in time may go on: nobody else begins before this member answers again, by itself. Whether there is a quorum is nothing to it.</summary>
    private async Task AnswersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await EtcdRevision.ReadHereAsync(channel, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (MillException)
            {
                await Task.Delay(AskEvery, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [LoggerMessage(3241, LogLevel.Information, "The database of etcd member {Member} is defragmented: {Bytes} bytes. It answers nobody meanwhile")]
    private partial void LogDefragmenting(string member, long bytes);

    [LoggerMessage(3242, LogLevel.Information, "The database of etcd member {Member} was defragmented: {Before} bytes before, {After} now, in {Seconds:0.0} s")]
    private partial void LogDefragmented(string member, long before, long after, double seconds);

    [LoggerMessage(3243, LogLevel.Warning, "The database of etcd was not defragmented: {Reason}")]
    private partial void LogNotDefragmented(string reason);

    [LoggerMessage(3244, LogLevel.Warning, "The database of etcd cannot be defragmented: that takes up to {Needed} bytes on the disk of {Directory}, and {Free} are free")]
    private partial void LogNoDisk(string directory, long needed, long free);

    [LoggerMessage(3245, LogLevel.Warning, "There is room again, and writes are taken: the alarm of etcd member {Member:x} was taken back. Here, the database has {Bytes} of {Quota} bytes")]
    private partial void LogDisarmed(ulong member, long bytes, long quota);
}
