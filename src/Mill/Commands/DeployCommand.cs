using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill deploy</c>: shows the plan, asks where something would be gone, and follows what comes of it.</summary>
internal sealed class DeployCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string?> _file = FleetSymbols.MillFile();
    private readonly Option<bool> _detach = FleetSymbols.Detach();
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.YesOption);

    public DeployCommand(GlobalOptions global)
        : base("deploy", Words.Deploy)
    {
        _global = global;
        Add(_file);
        Add(_detach);
        Add(_yes);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var source = await PlanCommand.ReadAsync(_global.Host, parsed.GetValue(_file), cancellationToken).ConfigureAwait(false);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var plan = await PlanCommand.PlanAsync(client, source, cancellationToken).ConfigureAwait(false);
        var isJson = _global.IsJson(parsed);
        if (isJson) CliJson.Print(_global.Terminal, new("plan", plan), CliJsonContext.Default.PlanEvent);
        else PlanOutput.Print(_global.Terminal, plan);
        if (!parsed.GetValue(_yes) && !MayRemove(plan)) return ExitCodes.Interrupted;
        var deploy = await PlanCommand.AskAsync(source, () => client.DeployAsync(source.Text, source.Name, cancellationToken)).ConfigureAwait(false);
        return await new DeployFollower(_global.Host, client, isJson).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks where there is somebody to ask. Throws <see cref="MillError.Usage"/> where there is nobody.</summary>
    private bool MayRemove(PlanResponse plan)
    {
        var gone = plan.Services.Where(service => service.Kind is PlanOutput.Removed).Select(service => service.Name).ToList();
        if (gone.Count is 0) return true;
        if (!_global.Terminal.InputIsTerminal) throw new MillException(MillError.Usage, Words.DeployRemoves(gone)) { Hint = Words.DeployNeedsYesHint };
        if (Prompt.Confirm(_global.Terminal, Words.ConfirmDeploy(gone))) return true;
        _global.Terminal.Say(Words.NothingDone);
        return false;
    }
}
