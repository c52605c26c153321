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
    private const string RetentionVariable = "MILL_LOG_RETENTION";
    private const string RoomVariable = "MILL_LOG_ROOM";
    private const string DefaultRetention = "24h";
    private const string DefaultRoom = "512M";
    private const long LeastRoom = 1L << 20;
    private const long MostRoom = 1L << 50;

    private readonly Option<string?> _docker = Symbols.Text("--docker", "ADDRESS", Words.DockerOption);
    private readonly Option<string[]> _labels = Symbols.Texts("--label", "NAME=VALUE", Words.LabelOption);
    private readonly DurationOption _retention = Symbols.Duration("--log-retention", Words.LogRetentionOption);
    private readonly SizeOption _room = new("--log-room", Words.LogRoomOption, LeastRoom, MostRoom, Words.NotALogRoom);

    public void AddTo(Command command)
    {
        command.Add(_docker);
        command.Add(_labels);
        command.Add(_retention);
        command.Add(_room);
    }

    /// <summary>Null where no containers run. Throws <see cref="MillError.Usage"/>, and <see cref="MillError.Configuration"/> for an address that is none.</summary>
    public ContainerPlace? Read(ParseResult parsed, CliHost host)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var text in parsed.GetValue(_labels) ?? [])
        {
            if (Label().Match(text) is not { Success: true } match || !labels.TryAdd(match.Groups[1].Value, match.Groups[2].Value)) throw new MillException(MillError.Usage, Words.NotALabel(text)) { Hint = Words.NotALabelHint };
        }
        return Engine(parsed, host) is { } engine ? new(engine, labels, Retention(parsed.GetValue(_retention) ?? host.Variable(RetentionVariable) ?? DefaultRetention), _room.Demand(parsed.GetValue(_room) ?? host.Variable(RoomVariable) ?? DefaultRoom, RoomVariable)) : null;
    }

    private DockerAddress? Engine(ParseResult parsed, CliHost host)
    {
        var named = DevCommand.Place(parsed, _docker);
        if (named is Off) return null;
        if (named is not null) return DockerAddress.Parse(named.StartsWith('/') ? $"unix://{named}" : named, _docker.Name);
        if (host.Variable(DockerAddress.Variable) is { Length: > 0 } variable) return DockerAddress.Parse(variable);
        return File.Exists(DockerAddress.Default.SocketPath) ? DockerAddress.Default : null;
    }

    private static TimeSpan Retention(string text) => DurationOption.Parse(text) ?? throw new MillException(MillError.Usage, Words.NotADuration(text)) { Hint = $"Check --log-retention and {RetentionVariable}." };

    [GeneratedRegex("^([A-Za-z0-9._/-]{1,63})=([A-Za-z0-9._/-]{1,63})$")]
    private static partial Regex Label();
}
