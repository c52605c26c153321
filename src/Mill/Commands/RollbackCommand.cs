using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill rollback</c></summary>
internal sealed class RollbackCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _number;
    private readonly Option<bool> _detach = FleetSymbols.Detach();

    public RollbackCommand(GlobalOptions global)
        : base("rollback", Words.Rollback)
    {
        _global = global;
        _number = FleetSymbols.Deploy(global, Words.RollbackArgument);
        Add(_number);
        Add(_detach);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var deploy = await client.RollBackAsync(FleetSymbols.Read(parsed, _number), cancellationToken).ConfigureAwait(false);
        return await new DeployFollower(_global.Host, client, _global.IsJson(parsed)).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
    }
}
