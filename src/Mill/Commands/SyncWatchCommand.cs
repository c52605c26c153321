using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;
using Mill.Syncing;

namespace Mill.Commands;

/// <summary><c>mill sync watch</c>: a line per secret that was pushed, until interrupted.</summary>
internal sealed class SyncWatchCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _targets = SyncTargets.Argument();
    private readonly Option<string?> _file = Symbols.Text("--file", "FILE", Words.SyncFileOption);

    public SyncWatchCommand(GlobalOptions global)
        : base("watch", Words.SyncWatch)
    {
        _global = global;
        Add(_targets);
        Add(_file);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var targets = await SyncTargets.FindAsync(_global.Host, parsed.GetValue(_file), parsed.GetValue(_targets) ?? [], cancellationToken).ConfigureAwait(false);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        using var interrupt = Interrupt.Listen(cancellationToken);
        var (vault, ledgers) = (new VaultSource(client), new VaultLedger(client, GitHubConnection.Address(_global.Host)));
        using var gitHub = GitHubConnection.Open(_global.Host, _global.IsJson(parsed), Words.GitHubWriteTokenHint, options => options with { Log = new SharedWriteLog(ledgers, _global.Host.Time) });
        var push = new Push(gitHub, vault, ledgers, new() { Policy = SecretPolicy.Of(targets.Document) });
        var isJson = _global.IsJson(parsed);
        try
        {
            await new SyncWatch(targets.Chosen, token => vault.FollowAsync(WatchLines.For(_global.Terminal), token), push.RunAsync, news => Tell(news, isJson), _global.Host.Time).RunAsync(interrupt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            // The only way for a watch to end.
        }
        return ExitCodes.Interrupted;
    }

    private void Tell(WatchNews news, bool isJson)
    {
        if (news.Failure is { } failure) _global.Terminal.Say(Words.SyncWatchFailed(failure is MillException ? failure.Message : failure.GetType().Name));
        if (news.Report is not { } report) return;
        if (isJson) CliJson.Print(_global.Terminal, SyncPushDocument.From(report, isDryRun: false), SyncPushJson.Default.SyncPushDocument);
        else SyncPushOutput.Print(_global.Host, report, isDryRun: false);
        if (SyncPushVerdict.Of(report) is { } unfinished) ErrorReport.Write(_global.Terminal, unfinished, isJson);
    }
}
