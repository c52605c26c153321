using System.Text.Json;
using System.Text.Json.Serialization;

namespace Mill.Core.Specs;

/// <summary>Specs as they are stored and sent.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(DurationConverter), typeof(SnakeCase<ContainerNetwork>), typeof(SnakeCase<HealthKind>), typeof(SnakeCase<UpdateOrder>)],
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(DeploySpec))]
public sealed partial class SpecJson : JsonSerializerContext
{
    /// <summary>The same for specs that say the same, as are the others.</summary>
    public static string Text(DeploySpec spec) => JsonSerializer.Serialize(spec, Default.DeploySpec);

    public static string Text(ServiceSpec spec) => JsonSerializer.Serialize(spec, Default.ServiceSpec);

    public static string Text(TaskSpec spec) => JsonSerializer.Serialize(spec, Default.TaskSpec);

    public static string Text(ContainerSpec spec) => JsonSerializer.Serialize(spec, Default.ContainerSpec);

    public static string Text(HealthSpec? spec) => spec is null ? "" : JsonSerializer.Serialize(spec, Default.HealthSpec);
}

/// <summary>As people write them: see <see cref="Duration"/>.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Duration.Parse(reader.GetString() ?? "") ?? throw new JsonException("not a length of time");

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) => writer.WriteStringValue(Duration.Format(value));
}

/// <summary>The members of an enumeration as <c>snake_case</c>, and nothing else.</summary>
internal sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
