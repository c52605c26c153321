using System.CommandLine;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill drain</c>: has everything move off a node, and waits until it has.</summary>
internal sealed class DrainCommand : Command
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly GlobalOptions _global;
    private readonly Argument<string> _node;
    private readonly Option<bool> _detach = FleetSymbols.Detach();

    public DrainCommand(GlobalOptions global)
        : base("drain", Words.Drain)
    {
        _global = global;
        _node = NodeSymbols.Node(global);
        Add(_node);
        Add(_detach);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var (time, isJson) = (_global.Host.Time, _global.IsJson(parsed));
        var began = time.GetTimestamp();
        var node = await client.DrainNodeAsync(parsed.GetRequiredValue(_node), cancellationToken).ConfigureAwait(false);
        if (parsed.GetValue(_detach))
        {
            if (isJson) CliJson.Print(_global.Terminal, node);
            else _global.Terminal.Say(Words.DrainGoesOn(node.Name));
            return ExitCodes.Ok;
        }
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            node = await EmptyAsync(client, node, isJson, interrupt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            _global.Terminal.Say(Words.DrainGoesOn(node.Name));
            return ExitCodes.Interrupted;
        }
        if (isJson) CliJson.Print(_global.Terminal, node);
        else _global.Terminal.WriteLine(Words.Drained(node.Name, time.GetElapsedTime(began)));
        return ExitCodes.Ok;
    }

    private async Task<NodeItem> EmptyAsync(MillClient client, NodeItem node, bool isJson, CancellationToken cancellationToken)
    {
        var (told, waits) = (-1, new HashSet<DrainWaitItem>());
        while (node.Containers is { Allocs: > 0 and var left })
        {
            if (left != told && !isJson) _global.Terminal.WriteLine(Words.DrainLeft(node.Name, left));
            told = left;
            foreach (var wait in node.Containers.Waits ?? []) if (waits.Add(wait) && !isJson) _global.Terminal.WriteLine(Words.DrainWaits(node.Name, wait));
            await Task.Delay(LookEvery, _global.Host.Time, cancellationToken).ConfigureAwait(false);
            var nodes = await client.ListNodesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
            node = nodes.Nodes.FirstOrDefault(one => one.Id == node.Id && one.Name == node.Name) ?? throw new MillException(MillError.NotFound, Words.NodeIsGone(node.Name)) { Hint = Words.NodesHint };
            // Somebody thought better of it: it will never be empty.
            if (node.Containers is { State: "ready" }) throw new MillException(MillError.PreconditionFailed, Words.NodeIsBack(node.Name));
        }
        return node;
    }
}
