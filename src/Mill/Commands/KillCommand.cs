using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill kill</c></summary>
internal sealed class KillCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _task;

    public KillCommand(GlobalOptions global)
        : base("kill", Words.Kill)
    {
        _global = global;
        _task = FleetSymbols.RunningTask(global);
        Add(_task);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var task = await client.KillTaskAsync(parsed.GetRequiredValue(_task), cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, task);
        else _global.Terminal.Say(Words.TaskKilled(task));
        return ExitCodes.Ok;
    }
}
