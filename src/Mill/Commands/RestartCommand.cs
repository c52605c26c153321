using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill restart</c>: new containers, one after the other, with the values that secrets have now.</summary>
internal sealed class RestartCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _service;
    private readonly Option<bool> _detach = FleetSymbols.Detach();

    public RestartCommand(GlobalOptions global)
        : base("restart", Words.Restart)
    {
        _global = global;
        _service = FleetSymbols.Service(global);
        Add(_service);
        Add(_detach);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var deploy = await client.RestartServiceAsync(parsed.GetRequiredValue(_service), cancellationToken).ConfigureAwait(false);
        return await new DeployFollower(_global.Host, client, _global.IsJson(parsed)).RunAsync(deploy, parsed.GetValue(_detach), cancellationToken).ConfigureAwait(false);
    }
}
