using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill undrain</c></summary>
internal sealed class UndrainCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _node;

    public UndrainCommand(GlobalOptions global)
        : base("undrain", Words.Undrain)
    {
        _global = global;
        _node = NodeSymbols.Node(global);
        Add(_node);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var node = await client.UndrainNodeAsync(parsed.GetRequiredValue(_node), cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, node);
        else _global.Terminal.Say(Words.Undrained(node.Name));
        return ExitCodes.Ok;
    }
}
