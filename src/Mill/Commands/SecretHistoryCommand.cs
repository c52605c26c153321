using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill secret history</c></summary>
internal sealed class SecretHistoryCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _name;

    public SecretHistoryCommand(GlobalOptions global)
        : base("history", Words.SecretHistory)
    {
        _global = global;
        _name = Symbols.SecretName(global);
        Add(_name);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(_name);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var versions = new List<HistoryItem>();
        await foreach (var item in client.GetAllHistoryAsync(name, cancellationToken).ConfigureAwait(false)) versions.Add(item);

        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new HistoryResponse(name, versions));
        else Print(versions);
        return ExitCodes.Ok;
    }

    private void Print(List<HistoryItem> versions)
    {
        var table = new Table("VERSION", "STATE", "VALID FROM", "VALID TO", Column.Wrapping("BY"));
        foreach (var item in versions)
        {
            table.Add(item.Version.ToString(CultureInfo.InvariantCulture), item.State, Times.Show(_global.Terminal, item.ValidFrom), Times.Show(_global.Terminal, item.ValidTo, "-"), item.CreatedBy);
        }
        table.WriteTo(_global.Terminal);
    }
}
