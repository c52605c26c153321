using System.CommandLine;
using System.Text.RegularExpressions;
using Mill.Hosting.Fleet;
using Mill.Interaction;
using Mill.Node.Docker;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary>The options of a server that runs containers.</summary>
internal sealed partial class ContainerOptions
{
    private const string Off = "off";

    private readonly Option<string?> _docker = Symbols.Text("--docker", "ADDRESS", Words.DockerOption);
    private readonly Option<string[]> _labels = Symbols.Texts("--label", "NAME=VALUE", Words.LabelOption);

    public void AddTo(Command command)
    {
        command.Add(_docker);
        command.Add(_labels);
    }

    /// <summary>Null where no containers run. Throws <see cref="MillError.Usage"/>, and <see cref="MillError.Configuration"/> for an address that is none.</summary>
    public ContainerPlace? Read(ParseResult parsed, CliHost host)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in parsed.GetValue(_labels) ?? [])
        {
            if (Label().Match(text) is not { Success: true } match || !labels.TryAdd(match.Groups[1].Value, match.Groups[2].Value)) throw new MillException(MillError.Usage, Words.NotALabel(text)) { Hint = Words.NotALabelHint };
        }
        var named = DevCommand.Place(parsed, _docker);
        if (named is Off) return null;
        if (named is not null) return new(DockerAddress.Parse(named.StartsWith('/') ? $"unix://{named}" : named), labels);
        if (host.Variable(DockerAddress.Variable) is { Length: > 0 } variable) return new(DockerAddress.Parse(variable), labels);
        return File.Exists(DockerAddress.Default.SocketPath) ? new(DockerAddress.Default, labels) : null;
    }

    [GeneratedRegex("^([A-Za-z0-9._/-]{1,63})=([A-Za-z0-9._/-]{1,63})$")]
    private static partial Regex Label();
}
