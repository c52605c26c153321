using System.Text.Json.Serialization.Metadata;
using Mill.State.Etcd.Messages;

namespace Mill.State.Etcd;

/// <summary>One procedure of the gateway, with the forms of what it takes and gives.</summary>
internal sealed record EtcdCall<TRequest, TReply>(string Path, JsonTypeInfo<TRequest> Request, JsonTypeInfo<TReply> Reply);

/// <summary>The procedures we call (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/).</summary>
internal static class EtcdCalls
{
    public const string Watch = "/v3/watch";

    private static EtcdJson Json => EtcdJson.Default;

    public static EtcdCall<RangeRequest, RangeReply> Range { get; } = new("/v3/kv/range", Json.RangeRequest, Json.RangeReply);

    public static EtcdCall<TransactionRequest, TransactionReply> Transaction { get; } = new("/v3/kv/txn", Json.TransactionRequest, Json.TransactionReply);

    public static EtcdCall<CompactionRequest, EmptyMessage> Compact { get; } = new("/v3/kv/compaction", Json.CompactionRequest, Json.EmptyMessage);

    public static EtcdCall<LeaseGrantRequest, LeaseReply> GrantLease { get; } = new("/v3/lease/grant", Json.LeaseGrantRequest, Json.LeaseReply);

    public static EtcdCall<LeaseRequest, StreamReply<LeaseReply>> KeepLeaseAlive { get; } = new("/v3/lease/keepalive", Json.LeaseRequest, Json.LeaseLine);

    public static EtcdCall<LeaseRequest, EmptyMessage> RevokeLease { get; } = new("/v3/lease/revoke", Json.LeaseRequest, Json.EmptyMessage);

    public static EtcdCall<EmptyMessage, MembersReply> ListMembers { get; } = new("/v3/cluster/member/list", Json.EmptyMessage, Json.MembersReply);

    public static EtcdCall<MemberAddRequest, MemberAddReply> AddMember { get; } = new("/v3/cluster/member/add", Json.MemberAddRequest, Json.MemberAddReply);

    public static EtcdCall<MemberRequest, MembersReply> PromoteMember { get; } = new("/v3/cluster/member/promote", Json.MemberRequest, Json.MembersReply);

    public static EtcdCall<MemberRequest, MembersReply> RemoveMember { get; } = new("/v3/cluster/member/remove", Json.MemberRequest, Json.MembersReply);

    public static EtcdCall<MoveLeaderRequest, EmptyMessage> MoveLeader { get; } = new("/v3/maintenance/transfer-leadership", Json.MoveLeaderRequest, Json.EmptyMessage);

    public static EtcdCall<EmptyMessage, StatusReply> Status { get; } = new("/v3/maintenance/status", Json.EmptyMessage, Json.StatusReply);

    public static EtcdCall<AlarmRequest, AlarmReply> Alarm { get; } = new("/v3/maintenance/alarm", Json.AlarmRequest, Json.AlarmReply);

    public static EtcdCall<EmptyMessage, EmptyMessage> Defragment { get; } = new("/v3/maintenance/defragment", Json.EmptyMessage, Json.EmptyMessage);
}
