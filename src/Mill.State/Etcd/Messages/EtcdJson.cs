using System.Text.Json.Serialization;

namespace Mill.State.Etcd.Messages;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.WriteAsString)]
[JsonSerializable(typeof(RangeRequest))]
[JsonSerializable(typeof(RangeReply))]
[JsonSerializable(typeof(TransactionRequest))]
[JsonSerializable(typeof(TransactionReply))]
[JsonSerializable(typeof(CompactionRequest))]
[JsonSerializable(typeof(EmptyMessage))]
[JsonSerializable(typeof(ErrorReply))]
[JsonSerializable(typeof(WatchRequest))]
[JsonSerializable(typeof(StreamReply<WatchReply>), TypeInfoPropertyName = "WatchLine")]
[JsonSerializable(typeof(LeaseGrantRequest))]
[JsonSerializable(typeof(LeaseRequest))]
[JsonSerializable(typeof(LeaseReply))]
[JsonSerializable(typeof(StreamReply<LeaseReply>), TypeInfoPropertyName = "LeaseLine")]
[JsonSerializable(typeof(MembersReply))]
[JsonSerializable(typeof(MemberAddRequest))]
[JsonSerializable(typeof(MemberAddReply))]
[JsonSerializable(typeof(MemberRequest))]
[JsonSerializable(typeof(MoveLeaderRequest))]
[JsonSerializable(typeof(StatusReply))]
[JsonSerializable(typeof(AlarmRequest))]
[JsonSerializable(typeof(AlarmReply))]
internal sealed partial class EtcdJson : JsonSerializerContext;
