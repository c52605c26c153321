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
[JsonSerializable(typeof(CreatedExec))]
[JsonSerializable(typeof(ExecInspection))]
[JsonSerializable(typeof(ExecRequest))]
[JsonSerializable(typeof(ExecStart))]
internal sealed partial class DockerJson : JsonSerializerContext;

internal sealed record DockerProblem([property: JsonPropertyName("message")] string? Message);

internal sealed record DockerInfo(int NCPU, long MemTotal, string? Name, string? ServerVersion, string? OperatingSystem);

internal sealed record CreatedContainer(string Id);

internal sealed record ContainerInspection(string Id, string? Name, ContainerInspectionState State, ContainerConfig? Config);

internal sealed record ContainerInspectionState(string Status, bool Running, bool OOMKilled, int Pid, int ExitCode, string? Error, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);

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

internal sealed record CreatedExec(string Id);

internal sealed record ExecInspection(bool Running, int? ExitCode);

internal sealed record ExecRequest(IReadOnlyList<string> Cmd, bool AttachStdin, bool AttachStdout, bool AttachStderr, bool Tty);

internal sealed record ExecStart(bool Detach, bool Tty);
