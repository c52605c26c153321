using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill secret delete</c></summary>
internal sealed class SecretDeleteCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Argument<string> _name;
    private readonly NumberOption _ifVersion = Symbols.Number("--if-version", Words.IfVersionOption);

    public SecretDeleteCommand(GlobalOptions global)
        : base("delete", Words.SecretDelete)
    {
        _global = global;
        _name = Symbols.SecretName(global);
        Add(_name);
        Add(_ifVersion);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var name = parsed.GetRequiredValue(_name);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        await client.DeleteAsync(name, _ifVersion.Read(parsed), cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, new(name, Deleted: true), CliJsonContext.Default.DeletedDocument);
        else _global.Terminal.Say(Words.SecretIsDeleted(name));
        return ExitCodes.Ok;
    }
}
