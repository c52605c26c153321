using Google.Protobuf;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>One procedure of etcd, with the form of what it gives.</summary>
/// <param name="NeedsLeader">A member that knows of no leader refuses it at once, instead of being quietly out of date.</param>
internal sealed record EtcdCall<TRequest, TReply>(string Path, MessageParser<TReply> Reply, bool NeedsLeader = true)
    where TRequest : IMessage<TRequest>
    where TReply : IMessage<TReply>;

/// <summary>The procedures we call (https://etcd.io/docs/v3.4/dev-guide/api_reference_v3/).</summary>
internal static class EtcdCalls
{
    public static EtcdCall<RangeRequest, RangeReply> Range { get; } = new("/etcdserverpb.KV/Range", RangeReply.Parser);

    /// <summary>For requests that the member answers by itself.</summary>
    public static EtcdCall<RangeRequest, RangeReply> RangeHere { get; } = Range with { NeedsLeader = false };

    public static EtcdCall<TransactionRequest, TransactionReply> Transaction { get; } = new("/etcdserverpb.KV/Txn", TransactionReply.Parser);

    public static EtcdCall<CompactionRequest, Nothing> Compact { get; } = new("/etcdserverpb.KV/Compact", Nothing.Parser);

    public static EtcdCall<WatchRequest, WatchReply> Watch { get; } = new("/etcdserverpb.Watch/Watch", WatchReply.Parser);

    public static EtcdCall<LeaseGrantRequest, LeaseReply> GrantLease { get; } = new("/etcdserverpb.Lease/LeaseGrant", LeaseReply.Parser);

    public static EtcdCall<LeaseRequest, LeaseReply> KeepLeaseAlive { get; } = new("/etcdserverpb.Lease/LeaseKeepAlive", LeaseReply.Parser);

    public static EtcdCall<LeaseRequest, Nothing> RevokeLease { get; } = new("/etcdserverpb.Lease/LeaseRevoke", Nothing.Parser);

    public static EtcdCall<Nothing, MembersReply> ListMembers { get; } = new("/etcdserverpb.Cluster/MemberList", MembersReply.Parser);

    public static EtcdCall<MemberAddRequest, MemberAddReply> AddMember { get; } = new("/etcdserverpb.Cluster/MemberAdd", MemberAddReply.Parser);

    public static EtcdCall<MemberRequest, MembersReply> PromoteMember { get; } = new("/etcdserverpb.Cluster/MemberPromote", MembersReply.Parser);

    public static EtcdCall<MemberRequest, MembersReply> RemoveMember { get; } = new("/etcdserverpb.Cluster/MemberRemove", MembersReply.Parser);

    public static EtcdCall<MoveLeaderRequest, Nothing> MoveLeader { get; } = new("/etcdserverpb.Maintenance/MoveLeader", Nothing.Parser);

    public static EtcdCall<Nothing, StatusReply> Status { get; } = new("/etcdserverpb.Maintenance/Status", StatusReply.Parser);

    public static EtcdCall<AlarmRequest, AlarmReply> Alarm { get; } = new("/etcdserverpb.Maintenance/Alarm", AlarmReply.Parser);

    public static EtcdCall<Nothing, Nothing> Defragment { get; } = new("/etcdserverpb.Maintenance/Defragment", Nothing.Parser);
}
