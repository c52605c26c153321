using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Exports;

namespace Mill.Commands;

/// <summary><c>mill sync export</c>: what the workflow of a source runs. Everything comes from the environment: what somebody sent must not become a part of a command.</summary>
internal sealed class SyncExportCommand : Command
{
    private const string RunnerVariable = "GITHUB_ACTIONS";

    // Set for every step; nothing in a workflow can set them (https://docs.github.com/en/actions/reference/workflows-and-actions/variables).
    private static readonly string[] RequesterVariables = ["GITHUB_ACTOR", "GITHUB_TRIGGERING_ACTOR"];

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
        var summary = new SyncExportSummary(_global.Host);
        ExportRecord? failed;
        try
        {
            Mask(values);
            failed = await ExportAsync(values, summary, _global.IsJson(parsed), cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            await summary.RefuseAsync(e.Message, RequestedBy(), cancellationToken).ConfigureAwait(false);
            throw;
        }
        finally
        {
            foreach (var value in values) value?.Dispose();
        }
        return failed is null ? ExitCodes.Ok : throw new MillException(failed.Error, Words.SyncExportIncomplete(failed));
    }

    /// <summary>The first that was not done; null where all were.</summary>
    private async Task<ExportRecord?> ExportAsync(List<SecretValue?> values, SyncExportSummary summary, bool isJson, CancellationToken cancellationToken)
    {
        var order = ExportOrder.Read(Demand(WorkflowFile.PayloadVariable, Words.SyncExportHint));
        DemandSameNames(order);
        var policy = new SecretPolicy(ExportPolicy.Read(Demand(WorkflowFile.PolicyVariable, Words.SyncExportPolicyHint)), null);
        using var gitHub = GitHubConnection.Open(_global.Host, isJson, Words.GitHubExportTokenHint, options => options with { Patience = SecretExport.UsualLimit });
        var export = new SecretExport(gitHub, policy, place => Take(values, place)) { Requesters = Requesters() };
        await summary.BeginAsync(order, RequestedBy(), cancellationToken).ConfigureAwait(false);
        ExportRecord? failed = null;
        // As they come: whatever ends this, what was done until then is on record.
        await foreach (var record in export.RunAsync(order, cancellationToken).ConfigureAwait(false))
        {
            CliJson.Print(_global.Terminal, new(order.RequestId, order.Target.ToString(), RequestedBy(), record.Name, Words.Of(record.Outcome), record.Reason, record.Warning), CliJsonContext.Default.SyncExportDocument);
            if (record.Warning is { } warning && !isJson) _global.Terminal.Say(Words.SyncExportWarning(record.Name, warning));
            await summary.AddAsync(record, cancellationToken).ConfigureAwait(false);
            if (record.Error is not MillError.None) failed ??= record;
        }
        return failed;
    }

    /// <summary>As the runner says it, not the one who sent the request. Whoever runs an old request again asks for it, too.</summary>
    private List<string> Requesters() => [.. RequesterVariables.Select(_global.Host.Variable).OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)];

    private string RequestedBy() => string.Join(", ", Requesters());

    private SecretValue? Value(int place) => _global.Host.Variable(WorkflowFile.ValueVariable(place)) is { Length: > 0 } text ? SecretValue.FromText(text) : null;

    private static SecretValue? Take(List<SecretValue?> values, int place)
    {
        var value = values[place];
        values[place] = null;
        return value;
    }

    private string Demand(string variable, string hint) => _global.Host.Variable(variable) is { Length: > 0 } text ? text : throw new MillException(MillError.Configuration, Words.SyncExportWithout(variable)) { Hint = hint };

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
}

/// <summary>What <c>mill sync export</c> prints for each name that was asked for.</summary>
/// <param name="Warning">What is odd about the value; left out for nothing.</param>
/// <param name="RequestedBy">Logins with commas between them; empty where that is not known.</param>
internal sealed record SyncExportDocument(string RequestId, string Target, string RequestedBy, string Name, string Outcome, string Reason, string? Warning);
