using System.CommandLine;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill secret destroy</c>: the one command whose effect nobody can undo, so it asks.</summary>
internal sealed class SecretDestroyCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _name;
    private readonly Option<int[]> _versions = Symbols.Numbers("--version", Words.DestroyVersionOption);
    private readonly Option<bool> _all = Symbols.Flag("--all", Words.DestroyAllOption);
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.YesOption);

    public SecretDestroyCommand(GlobalOptions global)
        : base("destroy", Words.SecretDestroy)
    {
        _global = global;
        _name = Symbols.SecretName(global);
        Add(_name);
        Add(_versions);
        Add(_all);
        Add(_yes);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(_name);
        var versions = parsed.GetValue(_versions) is { Length: > 0 } given ? given : null;
        var all = parsed.GetValue(_all);
        if (all == (versions is not null)) throw new MillException(MillError.Usage, Words.VersionsOrAll) { Hint = Words.VersionsOrAllHint(name) };

        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        if (!parsed.GetValue(_yes) && !Confirm(name, versions)) return ExitCodes.Interrupted;
        await client.DestroyAsync(name, all ? new() { All = true } : new() { Versions = versions }, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new(name, versions, all ? true : null), CliJsonContext.Default.DestroyedDocument);
        else _global.Terminal.Say(Words.SecretIsDestroyed(name, versions));
        return ExitCodes.Ok;
    }

    private bool Confirm(string name, int[]? versions)
    {
        if (!_global.Terminal.InputIsTerminal) throw new MillException(MillError.Usage, Words.NeedsYes) { Hint = Words.NeedsYesHint };
        if (Prompt.Confirm(_global.Terminal, Words.ConfirmDestroy(name, versions))) return true;
        _global.Terminal.Say(Words.NothingDone);
        return false;
    }
}
