using System.Text.Json;
using System.Text.Json.Serialization;
using Mill.Core.Model;
using Mill.Core.Ports;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Core.Fleet;

/// <summary>What nodes say to the one that leads, as it goes from one to the other.</summary>
public static class NodeReportText
{
    public static byte[] Write(NodeReport report) => JsonSerializer.SerializeToUtf8Bytes(report, ReportJson.Default.NodeReport);

    /// <summary>How much one allocation takes of it, in bytes.</summary>
    public static int SizeOf(AllocReport alloc) => JsonSerializer.SerializeToUtf8Bytes(alloc, ReportJson.Default.AllocReport).Length;

    /// <summary>Throws <see cref="MillError.InvalidRequest"/> for what is none.</summary>
    public static NodeReport Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ReportJson.Default.NodeReport) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new MillException(MillError.InvalidRequest, "This is no report of a node.");
        }
    }
}

/// <summary>What a later version says besides is passed over: nodes are upgraded one after the other.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(TimestampConverter), typeof(NodeIdConverter), typeof(DurationConverter), typeof(SnakeCase<AllocStatus>)])]
[JsonSerializable(typeof(NodeReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
