using System.CommandLine;
using System.Globalization;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill secret list</c></summary>
internal sealed class SecretListCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string?> _prefix = Symbols.Text("--prefix", "PREFIX", Words.PrefixOption);

    public SecretListCommand(GlobalOptions global)
        : base("list", Words.SecretList)
    {
        _global = global;
        Add(_prefix);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var secrets = new List<SecretListItem>();
        await foreach (var item in client.ListAllAsync(parsed.GetValue(_prefix), cancellationToken).ConfigureAwait(false)) secrets.Add(item);

        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new SecretListResponse(secrets));
        else Print(secrets);
        return ExitCodes.Ok;
    }

    private void Print(List<SecretListItem> secrets)
    {
        var table = new Table(Column.Wrapping("NAME"), "VERSION", "VALID FROM");
        foreach (var item in secrets) table.Add(item.Name, item.Version.ToString(CultureInfo.InvariantCulture), Times.Show(_global.Terminal, item.ValidFrom));
        table.WriteTo(_global.Terminal);
        if (secrets.Count is 0) _global.Terminal.Say(Words.NoSecrets);
    }
}
