using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Sync.Requirements;

namespace Mill.Commands;

/// <summary>What <c>mill sync check --sarif</c> prints: a result for each place that needs what is missing or unknown, and for each that nobody can judge.</summary>
internal static class SyncSarif
{
    private const string MissingRule = "missing-secret";
    private const string UnknownRule = "unknown-secret";

    private static readonly SarifRule[] Rules =
    [
        new(MissingRule, new(Words.SarifMissing)),
        new(UnknownRule, new(Words.SarifUnknown)),
        new(RuleOf(WorkflowNotes.ComputedName), new(Words.SarifComputedName)),
        new(RuleOf(WorkflowNotes.AllSecrets), new(Words.SarifAllSecrets)),
        new(RuleOf(WorkflowNotes.InheritedSecrets), new(Words.SarifInheritedSecrets)),
        new(RuleOf(WorkflowNotes.ComputedEnvironment), new(Words.SarifComputedEnvironment)),
        new(RuleOf(WorkflowNotes.ImpossibleName), new(Words.SarifImpossibleName)),
        new(RuleOf(WorkflowNotes.UnreadableWorkflow), new(Words.SarifUnreadableWorkflow)),
    ];

    public static SarifLog From(SecretReport report, SyncNeeds needs, SyncPlace place)
    {
        var results = new List<SarifResult>();
        foreach (var finding in report.Findings)
        {
            if (finding.Standing.State is SecretState.Present) continue;
            var message = Words.SyncFinding(finding, report.Repository.ToString());
            var (rule, level) = finding.Standing.State is SecretState.Missing ? (MissingRule, "error") : (UnknownRule, "warning");
            // What was typed stands nowhere, and is told all the same.
            if (finding.Required.Places.Count is 0) results.Add(Result(rule, level, message, null, place));
            foreach (var at in finding.Required.Places) results.Add(Result(rule, level, message, at, place));
        }
        foreach (var note in needs.Notes) results.Add(Result(RuleOf(note.Code), "note", note.Detail, new(note.File ?? "", note.Line ?? 1, note.Column ?? 1), place));
        return new([new(new(new("mill", Words.Version, Rules)), results)]);
    }

    private static SarifResult Result(string rule, string level, string message, SourcePlace? at, SyncPlace place) =>
        new(rule, Array.FindIndex(Rules, one => one.Id == rule), level, new(Plain(message)), at is not null && place.AddressOf(at.File) is { } address ? [new(new(new(address), new(at.Line, at.Column)))] : []);

    // Braces would be a place for an argument (SARIF 2.1.0, 3.11.5).
    private static string Plain(string message) => message.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);

    private static string RuleOf(string code) => code.Replace('_', '-');
}
