using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill status</c></summary>
internal sealed class StatusCommand : Command
{
    private readonly GlobalOptions _global;

    public StatusCommand(GlobalOptions global)
        : base("status", Words.Status)
    {
        _global = global;
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var status = await LocalView.AskAsync(_global.Terminal, local => client.GetStatusAsync(local, cancellationToken)).ConfigureAwait(false);
        var fleet = await FleetStatus.AskAsync(client, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed))
        {
            fleet.PrintJson(_global.Terminal, status);
            return ExitCodes.Ok;
        }
        Print(status);
        fleet.Print(_global.Terminal);
        return ExitCodes.Ok;
    }

    private void Print(StatusResponse status)
    {
        var table = new Table("WHAT", Column.Wrapping("IS"));
        table.Add("node", $"{status.Node} ({status.Role}), mill {status.Version}");
        table.Add("leader", status.Leader is { Length: > 0 } leader ? leader : Words.NobodyLeads);
        table.Add("vault", Words.Seal(status.Seal));
        table.Add("secrets", Words.Counts(status.Counts));
        table.Add("state", string.Create(CultureInfo.InvariantCulture, $"revision {status.Revision}, engine {status.Engine}"));
        table.Add("started", Times.Show(_global.Terminal, status.StartedAt));
        foreach (var member in status.Members) table.Add("member", Words.Member(member));
        table.WriteTo(_global.Terminal);
    }
}
