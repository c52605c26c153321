using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Fleet;
using Mill.Core.Specs;

namespace Mill.Core.Model;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    Converters =
    [
        typeof(TimestampConverter), typeof(SecretNameConverter), typeof(TenantIdConverter), typeof(VersionStateConverter), typeof(ValueKindConverter), typeof(RoleConverter),
        typeof(NodeIdConverter), typeof(NodeRoleConverter), typeof(DurationConverter), typeof(SnakeCase<AllocKind>), typeof(SnakeCase<AllocStatus>), typeof(SnakeCase<DeployKind>), typeof(SnakeCase<StepKind>),
        typeof(SnakeCase<StepPhase>), typeof(SnakeCase<ContainerNetwork>), typeof(SnakeCase<HealthKind>), typeof(SnakeCase<UpdateOrder>),
    ])]
[JsonSerializable(typeof(SecretVersion))]
[JsonSerializable(typeof(TokenRecord))]
[JsonSerializable(typeof(ClusterRecord))]
[JsonSerializable(typeof(HeadRecord))]
[JsonSerializable(typeof(RestoreRecord))]
[JsonSerializable(typeof(RetentionRecord))]
[JsonSerializable(typeof(PrunedRecord))]
[JsonSerializable(typeof(IdempotencyRecord))]
[JsonSerializable(typeof(NodeRecord))]
[JsonSerializable(typeof(JoinTokenRecord))]
[JsonSerializable(typeof(AuthorityRecord))]
[JsonSerializable(typeof(RevocationsRecord))]
[JsonSerializable(typeof(LeaderRecord))]
[JsonSerializable(typeof(FleetRecord))]
[JsonSerializable(typeof(ServiceRecord))]
[JsonSerializable(typeof(TaskRecord))]
[JsonSerializable(typeof(RegistryRecord))]
[JsonSerializable(typeof(DeployRecord))]
[JsonSerializable(typeof(AllocRecord))]
[JsonSerializable(typeof(NodeStateRecord))]
[JsonSerializable(typeof(TaskTotalsRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;

internal sealed class TimestampConverter : JsonConverter<Timestamp>
{
    public override Timestamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

    public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Microseconds);
}

internal sealed class SecretNameConverter : JsonConverter<SecretName>
{
    public override SecretName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SecretName.TryParse(reader.GetString(), out var name) ? name : throw new JsonException("not a valid name");

    public override void Write(Utf8JsonWriter writer, SecretName value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

internal sealed class TenantIdConverter : JsonConverter<TenantId>
{
    public override TenantId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TenantId.TryParse(reader.GetString(), out var tenant) ? tenant : throw new JsonException("not a valid tenant");

    public override void Write(Utf8JsonWriter writer, TenantId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

internal sealed class NodeIdConverter : JsonConverter<NodeId>
{
    public override NodeId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        NodeId.TryParse(reader.GetString(), out var id) ? id : throw new JsonException("not a valid node id");

    public override void Write(Utf8JsonWriter writer, NodeId value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}

internal sealed class VersionStateConverter() : JsonStringEnumConverter<VersionState>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

internal sealed class ValueKindConverter() : JsonStringEnumConverter<ValueKind>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

internal sealed class RoleConverter() : JsonStringEnumConverter<Role>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

internal sealed class NodeRoleConverter : JsonConverter<NodeRole>
{
    public override NodeRole Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        NodeRoles.TryParse(reader.GetString(), out var role) ? role : throw new JsonException("not a valid role of a node");

    public override void Write(Utf8JsonWriter writer, NodeRole value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text());
}
