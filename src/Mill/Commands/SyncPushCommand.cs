using System.CommandLine;
using Mill.Core.Sync;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.GitHub;
using Mill.Sync.Pushing;
using Mill.Syncing;

namespace Mill.Commands;

/// <summary><c>mill sync push</c></summary>
internal sealed class SyncPushCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string[]> _targets = SyncTargets.Argument();
    private readonly Option<string?> _file = Symbols.Text("--file", "FILE", Words.SyncFileOption);
    private readonly Option<bool> _dryRun = Symbols.Flag("--dry-run", Words.SyncDryRunOption);
    private readonly Option<bool> _overwrite = Symbols.Flag("--overwrite", Words.SyncOverwriteOption);
    private readonly Option<bool> _prune = Symbols.Flag("--prune", Words.SyncPruneOption);
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.SyncYesOption);

    public SyncPushCommand(GlobalOptions global)
        : base("push", Words.SyncPush)
    {
        _global = global;
        Add(_targets);
        Add(_file);
        Add(_dryRun);
        Add(_overwrite);
        Add(_prune);
        Add(_yes);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var rules = new SyncRules { Overwrites = parsed.GetValue(_overwrite), Prunes = parsed.GetValue(_prune), IsPruneConfirmed = parsed.GetValue(_yes) };
        if (rules is { IsPruneConfirmed: true, Prunes: false }) throw new MillException(MillError.Usage, Words.YesWithoutPrune) { Hint = Words.YesWithoutPruneHint };
        var targets = await SyncTargets.FindAsync(_global.Host, parsed.GetValue(_file), parsed.GetValue(_targets) ?? [], cancellationToken).ConfigureAwait(false);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var ledgers = new VaultLedger(client, GitHubConnection.Address(_global.Host));
        var (isDryRun, isJson) = (parsed.GetValue(_dryRun), _global.IsJson(parsed));
        using var gitHub = GitHubConnection.Open(_global.Host, isJson, Words.GitHubWriteTokenHint, options => options with { Log = new SharedWriteLog(ledgers, _global.Host.Time) });
        var push = new Push(gitHub, new VaultSource(client), ledgers, new()
        {
            Policy = SecretPolicy.Of(targets.Document),
            Rules = rules,
            IsDryRun = isDryRun,
            Progress = isJson || isDryRun ? null : Tell,
        });
        var report = await push.RunAsync(targets.Chosen, cancellationToken).ConfigureAwait(false);
        if (isJson) CliJson.Print(_global.Terminal, SyncPushDocument.From(report, isDryRun), SyncPushJson.Default.SyncPushDocument);
        else SyncPushOutput.Print(_global.Host, report, isDryRun);
        return SyncPushVerdict.Of(report) is { } failure ? throw failure : SyncPushVerdict.CodeOf(report);
    }

    private void Tell(PushProgress progress)
    {
        if (progress.IsWaiting) _global.Terminal.Say(Words.SyncWaitsForOther(progress.Target.ToString()));
        else if (progress.Step is { } step) _global.Terminal.Say(Words.SyncStepBegins(progress.Number, progress.Count, progress.Target.ToString(), step));
    }
}
