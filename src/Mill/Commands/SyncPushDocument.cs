using System.Text.Json.Serialization;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Sync.Pushing;

namespace Mill.Commands;

/// <summary>What <c>mill sync push --json</c> prints.</summary>
/// <param name="Counts">How many secrets there are of each outcome.</param>
internal sealed record SyncPushDocument(bool DryRun, IReadOnlyList<SyncPushTarget> Targets, IReadOnlyDictionary<string, int> Counts)
{
    public static SyncPushDocument From(PushReport report, bool isDryRun) => new(
        isDryRun,
        [.. report.Targets.Select(SyncPushTarget.From)],
        Enum.GetValues<PushOutcome>().ToDictionary(Words.Of, report.Count));
}

/// <param name="Reached">False where the push ended before its turn.</param>
internal sealed record SyncPushTarget(string Target, bool Reached, ErrorDocument? Error, IReadOnlyList<SyncPushSecret> Secrets)
{
    public static SyncPushTarget From(TargetReport report) =>
        new(report.Target.ToString(), report.IsReached, report.Failure is { } failure ? ErrorDocument.From(failure) : null, [.. report.Secrets.Select(SyncPushSecret.From)]);
}

/// <param name="Secret">In the vault; left out for what is wanted no longer.</param>
internal sealed record SyncPushSecret(string Name, string? Secret, int? Version, string State, string Action, string Outcome, string Reason, string? Warning, ErrorDocument? Error)
{
    public static SyncPushSecret From(PushedSecret report) => new(
        report.Step.Name,
        report.Step.Source?.Secret,
        report.Step.Source?.Version,
        report.Step.State.Text(),
        report.Step.Action.Text(),
        Words.Of(report.Outcome),
        report.Step.Reason,
        report.Warning,
        report.Failure is { } failure ? ErrorDocument.From(failure) : null);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SyncPushDocument))]
internal sealed partial class SyncPushJson : JsonSerializerContext;
