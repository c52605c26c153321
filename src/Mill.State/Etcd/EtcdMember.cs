namespace Mill.State.Etcd;

/// <summary>One member of an etcd cluster, as the others know it.</summary>
/// <param name="Name">Empty until it has started once.</param>
/// <param name="IsLearner">It receives everything, but does not count towards a quorum yet.</param>
public sealed record EtcdMember(ulong Id, string Name, IReadOnlyList<Uri> PeerUrls, IReadOnlyList<Uri> ClientUrls, bool IsLearner);

/// <summary>How a member is doing, by its own word.</summary>
/// <param name="Leader">Whom it follows, or itself; null where it knows of no leader.</param>
/// <param name="RaftIndex">The last entry of its log.</param>
/// <param name="AppliedIndex">How much of it is in its database.</param>
/// <param name="DatabaseBytes">Size of the database file. It shrinks only by defragmentation.</param>
/// <param name="DatabaseBytesInUse">How much of that holds data.</param>
/// <param name="Problems">What it complains about, alarms among it.</param>
public sealed record EtcdMemberStatus(
    ulong Id, string Version, ulong? Leader, bool IsLearner, ulong RaftIndex, ulong AppliedIndex, long DatabaseBytes, long DatabaseBytesInUse,
    IReadOnlyList<string> Problems)
{
    public bool IsLeader => Leader == Id;
}

/// <summary>Something that etcd will not get out of alone.</summary>
/// <param name="Kind"><c>NOSPACE</c>: a member reached its quota, and nothing is written any more. <c>CORRUPT</c>: members differ.</param>
public sealed record EtcdAlarm(ulong Member, string Kind);
