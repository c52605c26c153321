using System.CommandLine;
using Mill.Interaction;

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
        if (!parsed.GetValue(_yes) && !PlanOutput.MayRemove(_global.Terminal, plan, Name)) return ExitCodes.Interrupted;
        var deploy = await PlanCommand.AskAsync(source, () => client.DeployAsync(source.Text, source.Name, cancellationToken)).ConfigureAwait(false);
        return await new DeployFollower(_global.Host, client, isJson).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
    }
}
