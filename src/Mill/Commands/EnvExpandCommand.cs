using System.CommandLine;
using Mill.Client.Contracts;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill env expand</c></summary>
internal sealed class EnvExpandCommand : Command
{
    private static readonly string[] Formats = ["dotenv", "shell", "docker", "json"];

    private readonly GlobalOptions _global;
    private readonly Argument<string> _file = new("FILE") { HelpName = "FILE", Description = Words.EnvFileArgument };
    private readonly Option<string?> _format = Symbols.Choice("--format", "FORMAT", Words.EnvFormatOption, Formats);
    private readonly TimeOption _at = Symbols.Time("--at", Words.EnvAtOption);
    private readonly Option<bool> _inPlace = Symbols.Flag("--in-place", Words.EnvInPlaceOption);

    public EnvExpandCommand(GlobalOptions global)
        : base("expand", Words.EnvExpand)
    {
        _global = global;
        Add(_file);
        Add(_format);
        Add(_at);
        Add(_inPlace);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var (file, inPlace) = (new EnvFile(parsed.GetRequiredValue(_file)), parsed.GetValue(_inPlace));
        file.DemandPlace(inPlace);
        using var content = await file.ReadAsync(_global.Terminal, cancellationToken).ConfigureAwait(false);
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        var request = new ExpandEnvRequest { Content = content, Format = parsed.GetValue(_format), At = _at.Read(parsed, _global.Host.Time) };
        using var expanded = await client.ExpandEnvAsync(request, cancellationToken).ConfigureAwait(false);
        if (inPlace) await file.ReplaceAsync(content, expanded.Content, cancellationToken).ConfigureAwait(false);
        if (_global.IsJson(parsed)) CliJson.Print(_global.Terminal, expanded);
        else if (inPlace) _global.Terminal.Say(Words.EnvExpanded(file.Path, expanded.References.Count));
        else _global.Terminal.Write(expanded.Content);
        return ExitCodes.Ok;
    }
}
