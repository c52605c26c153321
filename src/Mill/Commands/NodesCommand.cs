using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill nodes</c>: the nodes, and under them what to do about them.</summary>
internal sealed class NodesCommand : Command
{
    private const string Nothing = "-";

    private readonly GlobalOptions _global;

    public NodesCommand(GlobalOptions global)
        : base("nodes", Words.Nodes)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var answer = await LocalView.AskAsync(_global.Terminal, local => client.ListNodesAsync(local, cancellationToken)).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, answer);
        else Print(answer.Nodes);
        return ExitCodes.Ok;
    }

    private void Print(IReadOnlyList<NodeItem> nodes)
    {
        var table = new Table(Column.Wrapping("NAME"), "ROLE", "STATE", "LEADER", "ENGINE", "REVISION", "LAG", "ADDRESS", "VERSION");
        foreach (var node in nodes)
        {
            table.Add(node.Name, node.Role, node.State, node.Leader ? "leader" : Nothing, node.Engine?.State ?? Nothing, Number(node.Revision), Number(node.Lag), node.Address, node.Version ?? Nothing);
        }
        table.WriteTo(_global.Terminal);
        foreach (var advice in NodeAdvice.For(nodes)) _global.Terminal.Say($"note: {advice}");
    }

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? Nothing;
}
