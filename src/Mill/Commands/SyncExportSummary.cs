using Mill.Interaction;
using Mill.Sync.Exports;

namespace Mill.Commands;

/// <summary>The record that stays on the page of the run: who asked for what, and what came of it. Where it cannot be written that is said, and the export goes on.</summary>
internal sealed class SyncExportSummary(CliHost host)
{
    /// <summary>Names the file that the runner shows (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary).</summary>
    private const string Variable = "GITHUB_STEP_SUMMARY";

    // What would be a table, a link or a tag is to be a text: some of it was sent by somebody.
    private const string Markup = "&<>[]*`|~\\#!";

    private bool _isBroken;

    public Task BeginAsync(ExportOrder order, string requester, CancellationToken cancellationToken) =>
        WriteAsync($"### Export {order.RequestId} to {Plain(order.Target.ToString())}\n\n{Plain(Words.SyncExportAskedBy(requester))}\n\n| secret | outcome | reason |\n| --- | --- | --- |\n", cancellationToken);

    public Task AddAsync(ExportRecord record, CancellationToken cancellationToken) => WriteAsync($"| {record.Name} | {Words.Of(record.Outcome)} | {Plain(record.Warning is null ? record.Reason : $"{record.Reason}. {record.Warning}")} |\n", cancellationToken);

    public Task RefuseAsync(string why, string requester, CancellationToken cancellationToken) => WriteAsync($"### Export refused\n\n{Plain(Words.SyncExportAskedBy(requester))} {Plain(why)}\n\n", cancellationToken);

    private async Task WriteAsync(string text, CancellationToken cancellationToken)
    {
        if (_isBroken || host.Variable(Variable) is not { } path) return;
        try
        {
            await File.AppendAllTextAsync(path, text, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _isBroken = true;
            host.Terminal.Say(Words.SyncExportNoSummary(e.Message));
        }
    }

    private static string Plain(string text) => string.Concat(text.ReplaceLineEndings(" ").Select(c => Markup.Contains(c) ? $"&#{(int)c};" : c.ToString()));
}
