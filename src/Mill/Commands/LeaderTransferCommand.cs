using System.CommandLine;
using Mill.Client;
using Mill.Client.Contracts;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill leader transfer</c></summary>
internal sealed class LeaderTransferCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string?> _node;

    public LeaderTransferCommand(GlobalOptions global)
        : base("transfer", Words.LeaderTransfer)
    {
        _global = global;
        _node = NodeSymbols.Heir(global);
        Add(_node);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var leader = await TransferAsync(client, parsed.GetValue(_node), cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, leader);
        else _global.Terminal.Say(Words.Leads(leader));
        return ExitCodes.Ok;
    }

    private static async Task<LeaderResponse> TransferAsync(MillClient client, string? node, CancellationToken cancellationToken)
    {
        try
        {
            return await client.TransferLeaderAsync(node, cancellationToken).ConfigureAwait(false);
        }
        catch (MillException e) when (e.Error is MillError.NotFound or MillError.OutcomeUnknown)
        {
            throw e.WithHint(Words.NodesHint);
        }
    }
}
