using Mill.Secrets;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>
/// Who makes up the etcd cluster, and changes to it: one at a time, each by the word of a quorum. A new member joins as a learner, and counts once it is promoted.
/// </summary>
/// <remarks>Failures are <see cref="MillException"/>, as those of the store. Every change may be asked for again after <see cref="MillError.OutcomeUnknown"/>.</remarks>
public sealed class EtcdMembers
{
    private readonly EtcdChannel _channel;

    internal EtcdMembers(EtcdChannel channel) => _channel = channel;

    public async Task<IReadOnlyList<EtcdMember>> ListAsync(CancellationToken cancellationToken)
    {
        // A member answers from what it has applied itself; asking the quorum first brings it up to date.
        await EtcdRevision.ReadAsync(_channel, cancellationToken).ConfigureAwait(false);
        var reply = await _channel.AskAsync(EtcdCalls.ListMembers, new(), cancellationToken).ConfigureAwait(false);
        return [.. reply.Members.Select(ToMember)];
    }

    /// <summary>Makes room for a member at a peer address, or finds the one that is there. It may start once this returned.</summary>
    public async Task<EtcdMember> AddLearnerAsync(Uri peerUrl, CancellationToken cancellationToken)
    {
        var members = await ListAsync(cancellationToken).ConfigureAwait(false);
        if (members.FirstOrDefault(member => member.PeerUrls.Contains(peerUrl)) is { } there) return there;
        var request = new MemberAddRequest { PeerUrls = { Text(peerUrl) }, IsLearner = true };
        try
        {
            return ToMember((await _channel.DoAsync(EtcdCalls.AddMember, request, cancellationToken).ConfigureAwait(false)).Member);
        }
        catch (MillException failure) when (Says(failure, "too many learner"))
        {
            throw new MillException(MillError.NotReady, "Another node is joining: one at a time.", failure)
            {
                Hint = "Wait until it is there. If it never will be, take it out: mill nodes, mill remove NODE",
            };
        }
    }

    /// <summary>Makes a learner count. False while it has not caught up with the leader: ask again later.</summary>
    public async Task<bool> PromoteAsync(ulong member, CancellationToken cancellationToken)
    {
        var members = await ListAsync(cancellationToken).ConfigureAwait(false);
        if (members.FirstOrDefault(known => known.Id == member) is { IsLearner: false }) return true;
        try
        {
            await _channel.DoAsync(EtcdCalls.PromoteMember, new() { Id = member }, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (MillException failure) when (Says(failure, "in sync with leader"))
        {
            return false;
        }
    }

    /// <summary>Removes a member for good: it stops, and may not come back with its old data. One that is gone is no error.</summary>
    public async Task RemoveAsync(ulong member, CancellationToken cancellationToken)
    {
        try
        {
            await _channel.DoAsync(EtcdCalls.RemoveMember, new MemberRequest { Id = member }, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException failure) when (Says(failure, "member not found"))
        {
            // As it should be.
        }
    }

    /// <summary>Makes another member lead instead of the one that is asked, without an election: only who leads can pass it on. Nothing to do where that is somebody else.</summary>
    public async Task MoveLeaderAsync(ulong member, CancellationToken cancellationToken)
    {
        var status = await _channel.AskAsync(EtcdCalls.Status, new(), cancellationToken).ConfigureAwait(false);
        if (status.Leader == status.Header.MemberId && status.Leader != member) await _channel.AskAsync(EtcdCalls.MoveLeader, new() { TargetId = member }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>How one member is doing. Throws <see cref="MillError.StorageUnavailable"/> or <see cref="MillError.NoQuorum"/> where it does not answer.</summary>
    /// <param name="clientUrl">One of <see cref="EtcdMember.ClientUrls"/>.</param>
    public async Task<EtcdMemberStatus> ReadStatusAsync(Uri clientUrl, CancellationToken cancellationToken)
    {
        var reply = await _channel.AskAtAsync(clientUrl, EtcdCalls.Status, new(), cancellationToken).ConfigureAwait(false);
        return new(
            reply.Header.MemberId, reply.Version, reply.Leader == 0 ? null : reply.Leader, reply.IsLearner, reply.RaftIndex, reply.RaftAppliedIndex,
            reply.DatabaseBytes, reply.DatabaseBytesInUse, reply.Errors);
    }

    public async Task<IReadOnlyList<EtcdAlarm>> ListAlarmsAsync(CancellationToken cancellationToken)
    {
        var reply = await _channel.AskAsync(EtcdCalls.Alarm, new() { Action = AlarmRequest.Types.Action.Get }, cancellationToken).ConfigureAwait(false);
        return [.. reply.Alarms.Select(alarm => new EtcdAlarm(alarm.MemberId, alarm.Alarm.ToString().ToUpperInvariant()))];
    }

    /// <summary>Takes an alarm back, once its cause is gone. etcd raises it again where it is not.</summary>
    public Task DisarmAsync(EtcdAlarm alarm, CancellationToken cancellationToken) =>
        _channel.AskAsync(EtcdCalls.Alarm, new() { Action = AlarmRequest.Types.Action.Deactivate, MemberId = alarm.Member, Alarm = Enum.Parse<AlarmKind>(alarm.Kind, ignoreCase: true) }, cancellationToken);

    private static EtcdMember ToMember(MemberMessage message) =>
        new(message.Id, message.Name, [.. message.PeerUrls.Select(url => new Uri(url))], [.. message.ClientUrls.Select(url => new Uri(url))], message.IsLearner);

    /// <summary>etcd takes no path, not even an empty one.</summary>
    private static string Text(Uri url) => url.GetLeftPart(UriPartial.Authority);

    private static bool Says(MillException failure, string words) =>
        failure.InnerException is EtcdException cause && cause.Message.Contains(words, StringComparison.Ordinal);
}
