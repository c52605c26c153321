using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill abort</c></summary>
internal sealed class AbortCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _number;
    private readonly Option<bool> _detach = FleetSymbols.Detach();

    public AbortCommand(GlobalOptions global)
        : base("abort", Words.Abort)
    {
        _global = global;
        _number = FleetSymbols.Deploy(global, Words.AbortArgument);
        Add(_number);
        Add(_detach);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var number = FleetSymbols.Read(parsed, _number) ?? (await DeploysCommand.AtWorkAsync(client, cancellationToken).ConfigureAwait(false)).Number;
        var deploy = await client.AbortDeployAsync(number, cancellationToken).ConfigureAwait(false);
        var code = await new DeployFollower(_global.Host, client, _global.IsJson(parsed)).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
        // That it went back is what was asked for.
        return code is ExitCodes.DeployFailed ? ExitCodes.Ok : code;
    }
}
