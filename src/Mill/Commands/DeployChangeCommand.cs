using System.CommandLine;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill abort</c>, <c>mill restart</c>: what has a deploy begin, or turn round, and shows how it goes.</summary>
internal sealed class DeployChangeCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Func<MillClient, ParseResult, CancellationToken, Task<DeployResponse>> _begin;
    private readonly Option<bool> _detach = FleetSymbols.Detach();
    private readonly bool _isUndoing;

    private DeployChangeCommand(GlobalOptions global, string name, string description, Argument argument, Func<MillClient, ParseResult, CancellationToken, Task<DeployResponse>> begin, bool isUndoing = false)
        : base(name, description)
    {
        (_global, _begin, _isUndoing) = (global, begin, isUndoing);
        Add(argument);
        Add(_detach);
        SetAction(RunAsync);
    }

    public static DeployChangeCommand Abort(GlobalOptions global)
    {
        var number = FleetSymbols.Deploy(global, Words.AbortArgument);
        return new(global, "abort", Words.Abort, number, async (client, parsed, cancellationToken) =>
            await client.AbortDeployAsync(FleetSymbols.Read(parsed, number) ?? (await DeploysCommand.AtWorkAsync(client, cancellationToken).ConfigureAwait(false)).Number, cancellationToken).ConfigureAwait(false), isUndoing: true);
    }

    public static DeployChangeCommand Restart(GlobalOptions global)
    {
        var service = FleetSymbols.Service(global);
        return new(global, "restart", Words.Restart, service, (client, parsed, cancellationToken) => client.RestartServiceAsync(parsed.GetRequiredValue(service), cancellationToken));
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var deploy = await _begin(client, parsed, cancellationToken).ConfigureAwait(false);
        var code = await new DeployFollower(_global.Host, client, _global.IsJson(parsed), _isUndoing).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
        // That it went back is what was asked for.
        return _isUndoing && code is ExitCodes.DeployFailed ? ExitCodes.Ok : code;
    }
}
