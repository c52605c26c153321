using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Mill.Client.Contracts;

/// <summary>Every body of the API. Unknown and repeated members are errors: a misspelt precondition must not be taken for none.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    MaxDepth = 16,
    Converters = [typeof(TimeConverter)])]
[JsonSerializable(typeof(SetSecretRequest))]
[JsonSerializable(typeof(SetSecretResponse))]
[JsonSerializable(typeof(SecretResponse))]
[JsonSerializable(typeof(SecretListResponse))]
[JsonSerializable(typeof(HistoryResponse))]
[JsonSerializable(typeof(DestroyRequest))]
[JsonSerializable(typeof(SecretEventData))]
[JsonSerializable(typeof(TransactionRequest))]
[JsonSerializable(typeof(TransactionResponse))]
[JsonSerializable(typeof(ExpandEnvRequest))]
[JsonSerializable(typeof(ExpandEnvResponse))]
[JsonSerializable(typeof(EnvReferenceItem))]
[JsonSerializable(typeof(EncryptEnvRequest))]
[JsonSerializable(typeof(EncryptEnvResponse))]
[JsonSerializable(typeof(EnvSecretItem))]
[JsonSerializable(typeof(CreateTokenRequest))]
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(TokenListResponse))]
[JsonSerializable(typeof(StatusResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(RetentionDocument))]
[JsonSerializable(typeof(VerifyResponse))]
[JsonSerializable(typeof(NodeListResponse))]
[JsonSerializable(typeof(NodeItem))]
[JsonSerializable(typeof(CreateJoinTokenRequest))]
[JsonSerializable(typeof(JoinTokenResponse))]
[JsonSerializable(typeof(JoinTokenListResponse))]
[JsonSerializable(typeof(TransferLeaderRequest))]
[JsonSerializable(typeof(LeaderResponse))]
[JsonSerializable(typeof(JoinNodeRequest))]
[JsonSerializable(typeof(MembershipResponse))]
[JsonSerializable(typeof(MemberPlaces))]
[JsonSerializable(typeof(RenewRequest))]
[JsonSerializable(typeof(EngineAdmissionResponse))]
[JsonSerializable(typeof(EnginePromotionResponse))]
[JsonSerializable(typeof(ConfirmResponse))]
[JsonSerializable(typeof(PlanResponse))]
[JsonSerializable(typeof(DeployResponse))]
[JsonSerializable(typeof(DeployListResponse))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(FleetResponse))]
[JsonSerializable(typeof(ServiceResponse))]
[JsonSerializable(typeof(ServiceListResponse))]
[JsonSerializable(typeof(TemplateListResponse))]
[JsonSerializable(typeof(SpawnRequest))]
[JsonSerializable(typeof(TaskResponse))]
[JsonSerializable(typeof(TaskListResponse))]
[JsonSerializable(typeof(LogLineItem))]
[JsonSerializable(typeof(LogNoticeItem))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecControl))]
[JsonSerializable(typeof(ExecEnd))]
[JsonSerializable(typeof(ProblemResponse))]
internal sealed partial class MillJson : JsonSerializerContext;

/// <summary>The JSON of the API, for its two sides.</summary>
public static class ApiJson
{
    /// <summary>For servers: strict, and written so that people can read it (nothing here is ever put into HTML).</summary>
    public static JsonSerializerOptions Strict { get; } = new(MillJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>For clients: members that a later server adds are passed over.</summary>
    public static JsonSerializerOptions Lenient { get; } = new(MillJson.Default.Options) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip };

    /// <summary>How one side reads and writes a type.</summary>
    public static JsonTypeInfo<T> TypeInfo<T>(this JsonSerializerOptions options) => (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T));
}
