using System.Text.Json.Serialization;

namespace Mill.Node.Docker;

/// <summary>What is read of the Engine's answers (https://docs.docker.com/reference/api/engine/version/v1.41/).</summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = false, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DockerProblem))]
[JsonSerializable(typeof(DockerInfo))]
[JsonSerializable(typeof(CreatedContainer))]
[JsonSerializable(typeof(ContainerInspection))]
[JsonSerializable(typeof(ContainerSummary[]))]
[JsonSerializable(typeof(ContainerExit))]
[JsonSerializable(typeof(ImageInspection))]
[JsonSerializable(typeof(PullLine))]
[JsonSerializable(typeof(EngineEvent))]
[JsonSerializable(typeof(CreatedExec))]
[JsonSerializable(typeof(ExecInspection))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecStart))]
[JsonSerializable(typeof(ContainerStats))]
[JsonSerializable(typeof(Dictionary<string, int>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class DockerJson : JsonSerializerContext;

internal sealed record DockerProblem([property: JsonPropertyName("message")] string? Message);

internal sealed record DockerInfo(int NCPU, long MemTotal, string? Name, string? ServerVersion, string? OperatingSystem);

internal sealed record CreatedContainer(string Id);

internal sealed record ContainerInspection(string Id, string? Name, DateTimeOffset? Created, ContainerInspectionState State, ContainerConfig? Config);

internal sealed record ContainerInspectionState(string Status, bool Running, bool OOMKilled, int Pid, int ExitCode, string? Error, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>Of one that was made and never started. The Engine then gives the year 1 for the moment of its start.</summary>
    [JsonIgnore]
    public bool HasNeverRun => Status is "created" || StartedAt is not { Year: > 1 };
}

internal sealed record ContainerConfig(IReadOnlyDictionary<string, string>? Labels, bool Tty);

internal sealed record ContainerSummary(string Id, string State, IReadOnlyDictionary<string, string>? Labels);

internal sealed record ContainerExit(int StatusCode);

internal sealed record ImageInspection(string Id, ImageConfig? Config);

internal sealed record ImageConfig(IReadOnlyList<string>? Env);

internal sealed record PullLine(
    [property: JsonPropertyName("status")] string? Status,
    [property: JsonPropertyName("id")] string? Id,
    [property: JsonPropertyName("error")] string? Error,
    [property: JsonPropertyName("progressDetail")] PullDetail? Detail);

internal sealed record PullDetail([property: JsonPropertyName("current")] long Current, [property: JsonPropertyName("total")] long Total);

/// <param name="Id">Of the container; newer engines say it in <paramref name="Actor"/> alone.</param>
internal sealed record EngineEvent([property: JsonPropertyName("id")] string? Id, EventActor? Actor);

[method: JsonConstructor]
internal sealed record EventActor([property: JsonPropertyName("ID")] string? Id);

internal sealed record CreatedExec(string Id);

internal sealed record ExecInspection(bool Running, int? ExitCode);

internal sealed record ExecRequest(IReadOnlyList<string> Cmd, bool AttachStdin, bool AttachStdout, bool AttachStderr, bool Tty);

internal sealed record ExecStart(bool Detach, bool Tty);

internal sealed record ContainerStats(
    [property: JsonPropertyName("read")] DateTimeOffset Read,
    [property: JsonPropertyName("cpu_stats")] CpuStats? Cpu,
    [property: JsonPropertyName("memory_stats")] MemoryStats? Memory);

internal sealed record CpuStats([property: JsonPropertyName("cpu_usage")] CpuUsage? Usage);

/// <param name="Total">In nanoseconds, since it started.</param>
internal sealed record CpuUsage([property: JsonPropertyName("total_usage")] ulong Total);

/// <param name="Stats">By the name of the counter, which differs between the versions of cgroups.</param>
internal sealed record MemoryStats([property: JsonPropertyName("usage")] long Usage, [property: JsonPropertyName("stats")] IReadOnlyDictionary<string, ulong>? Stats);
