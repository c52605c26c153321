using System.CommandLine;
using Mill.Client;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill remove</c></summary>
internal sealed class RemoveCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _node;
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.YesOption);

    public RemoveCommand(GlobalOptions global)
        : base("remove", Words.Remove)
    {
        _global = global;
        _node = NodeSymbols.Node(global);
        Add(_node);
        Add(_yes);
        SetAction(RunAsync);
    }

    /// <summary>Asks where there is somebody to ask. False where that one thought better of it.</summary>
    public static bool Confirm(Terminal terminal, string question)
    {
        if (!terminal.InputIsTerminal) throw new MillException(MillError.Usage, Words.RemoveNeedsYes) { Hint = Words.NeedsYesHint };
        if (Prompt.Confirm(terminal, question)) return true;
        terminal.Say(Words.NothingDone);
        return false;
    }

    /// <summary>Takes a node out. Throws what the server says, with where to look.</summary>
    public static async Task RemoveAsync(MillClient client, string node, CancellationToken cancellationToken)
    {
        try
        {
            await client.RemoveNodeAsync(node, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound)
        {
            throw e.WithHint(Words.NodesHint);
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var node = parsed.GetRequiredValue(_node);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        if (!parsed.GetValue(_yes) && !Confirm(_global.Terminal, Words.ConfirmRemove(node))) return ExitCodes.Interrupted;
        await RemoveAsync(client, node, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new(node, Removed: true), CliJsonContext.Default.RemovedDocument);
        else _global.Terminal.Say(Words.NodeIsRemoved(node));
        return ExitCodes.Ok;
    }
}
