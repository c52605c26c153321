using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Exports;
using Mill.Sync.GitHub;

namespace Mill.Commands;

/// <summary><c>mill sync export</c>: what the workflow of a source runs. Everything comes from the environment: what somebody sent must not become a part of a command.</summary>
internal sealed class SyncExportCommand : Command
{
    private const string RunnerVariable = "GITHUB_ACTIONS";
    private const string SummaryVariable = "GITHUB_STEP_SUMMARY";

    private readonly GlobalOptions _global;

    public SyncExportCommand(GlobalOptions global)
        : base("export", Words.SyncExport)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var values = Enumerable.Range(0, WorkflowFile.MostSecrets).Select(Value).ToList();
        try
        {
            Mask(values);
            var order = ExportOrder.Read(Demand(WorkflowFile.PayloadVariable));
            DemandSameNames(order);
            var policy = new SecretPolicy(ExportPolicy.Read(Demand(WorkflowFile.PolicyVariable)), null);
            var options = GitHubConnection.Resolve(_global.Host);
            using var credentials = options.Credentials as IDisposable;
            using var github = new GitHubClient(options);
            var records = await new SecretExport(github, policy, place => Take(values, place)).RunAsync(order, cancellationToken).ConfigureAwait(false);
            var document = SyncExportDocument.From(order, records);
            CliJson.Print(_global.Terminal, document, CliJsonContext.Default.SyncExportDocument);
            await SummarizeAsync(document, cancellationToken).ConfigureAwait(false);
            return records.FirstOrDefault(record => record.Error is not MillError.None) is { } failed ? throw new MillException(failed.Error, Words.SyncExportIncomplete(failed)) : ExitCodes.Ok;
        }
        finally
        {
            foreach (var value in values) value?.Dispose();
        }
    }

    private SecretValue? Value(int place) => _global.Host.Variable(WorkflowFile.ValueVariable(place)) is { Length: > 0 } text ? SecretValue.FromText(text) : null;

    private static SecretValue? Take(List<SecretValue?> values, int place)
    {
        var value = values[place];
        values[place] = null;
        return value;
    }

    private string Demand(string variable) => _global.Host.Variable(variable) is { Length: > 0 } text ? text : throw new MillException(MillError.Configuration, Words.SyncExportWithout(variable)) { Hint = Words.SyncExportHint };

    /// <summary>The runner read the names by itself to find the values. Where it read others, the policy would judge one name, and the value of another one would leave.</summary>
    private void DemandSameNames(ExportOrder order)
    {
        for (var place = 0; place < WorkflowFile.MostSecrets; place++)
        {
            var found = _global.Host.Variable(WorkflowFile.NameVariable(place)) ?? "";
            var asked = place < order.Names.Count ? order.Names[place] : "";
            if (!string.Equals(found, asked, StringComparison.OrdinalIgnoreCase)) throw new MillException(MillError.InvalidRequest, Words.SyncExportOtherNames) { Hint = Words.SyncExportHint };
        }
    }

    /// <summary>Before anything else is said. Where no runner reads it, it would show what it is to hide.</summary>
    private void Mask(List<SecretValue?> values)
    {
        if (_global.Host.Variable(RunnerVariable) is not "true") return;
        using var commands = new PinnedWriter();
        foreach (var value in values)
        {
            if (value is not null) RunnerMask.Write(value, commands);
        }
        _global.Terminal.Write(commands.WrittenSpan);
    }

    /// <summary>The record that stays with the run: who asked for what, and what the policy said.</summary>
    private async Task SummarizeAsync(SyncExportDocument document, CancellationToken cancellationToken)
    {
        if (_global.Host.Variable(SummaryVariable) is not { Length: > 0 } path) return;
        var lines = document.Secrets.Select(secret => $"| {secret.Name} | {secret.Outcome} | {secret.Reason.Replace('|', '/').ReplaceLineEndings(" ")} |\n");
        await File.AppendAllTextAsync(path, $"### Export {document.RequestId} to {document.Target}\n\n| secret | outcome | reason |\n| --- | --- | --- |\n{string.Concat(lines)}\n", cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>What <c>mill sync export</c> prints: the record of one request.</summary>
internal sealed record SyncExportDocument(string RequestId, string Target, IReadOnlyList<SyncExportedItem> Secrets)
{
    public static SyncExportDocument From(ExportOrder order, IReadOnlyList<ExportRecord> records) =>
        new(order.RequestId, order.Target.ToString(), [.. records.Select(record => new SyncExportedItem(record.Name, record.Outcome.ToString().ToLowerInvariant(), record.Reason))]);
}

internal sealed record SyncExportedItem(string Name, string Outcome, string Reason);
