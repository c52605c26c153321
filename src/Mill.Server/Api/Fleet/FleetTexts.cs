using System.Text.Json;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Server.Api.Fleet;

/// <summary>The words of answers.</summary>
internal static class FleetTexts
{
    public static string Of(AllocStatus status) => Snake(status);

    public static string Of(AllocKind kind) => Snake(kind);

    public static string Of(DeployKind kind) => Snake(kind);

    public static string Of(UpdateOrder order) => Snake(order);

    public static string Of(StepPhase phase) => Snake(phase);

    public static string Of(StepKind? kind) => kind is { } some ? Snake(some) : "none";

    public static string OutcomeOf(DeployRecord deploy) => deploy switch
    {
        { IsOver: false } => "running",
        { AbortedBy: not null } => "aborted",
        { HasFailed: true } => "failed",
        _ => "done",
    };

    public static string StateOf(NodeStateRecord node) => node switch
    {
        { IsDown: true } => "down",
        { IsDraining: true } => "draining",
        { NotReady: not null } => "not_ready",
        _ => "ready",
    };

    public static DateTimeOffset? Time(Timestamp? moment) => moment?.ToDateTimeOffset();

    private static string Snake<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
