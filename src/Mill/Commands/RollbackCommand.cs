using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill rollback</c>: shows what going back changes, and asks where something would be gone.</summary>
internal sealed class RollbackCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _number;
    private readonly Option<bool> _detach = FleetSymbols.Detach();
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.YesOption);

    public RollbackCommand(GlobalOptions global)
        : base("rollback", Words.Rollback)
    {
        _global = global;
        _number = FleetSymbols.Deploy(global, Words.RollbackArgument);
        Add(_number);
        Add(_detach);
        Add(_yes);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var plan = await client.PlanRollbackAsync(FleetSymbols.Read(parsed, _number), cancellationToken).ConfigureAwait(false);
        var isJson = _global.IsJson(parsed);
        if (isJson) CliJson.Print(_global.Terminal, new("plan", plan), CliJsonContext.Default.PlanEvent);
        else PrintTarget(plan);
        if (!parsed.GetValue(_yes) && !PlanOutput.MayRemove(_global.Terminal, plan, Name)) return ExitCodes.Interrupted;
        // What was shown is what is begun, whatever was deployed since.
        var deploy = await client.RollBackAsync(plan.BackTo, cancellationToken).ConfigureAwait(false);
        return await new DeployFollower(_global.Host, client, isJson).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
    }

    private void PrintTarget(PlanResponse plan)
    {
        if (plan.BackTo is { } number) _global.Terminal.Say(Words.GoesBackTo(number));
        PlanOutput.Print(_global.Terminal, plan);
    }
}
