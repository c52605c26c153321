using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill resume</c></summary>
internal sealed class ResumeCommand : Command
{
    private readonly GlobalOptions _global;

    public ResumeCommand(GlobalOptions global)
        : base("resume", Words.Resume)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var fleet = await client.ResumeFleetAsync(cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, fleet);
        else _global.Terminal.Say(Words.Resumed);
        return ExitCodes.Ok;
    }
}
