using System.CommandLine;
using System.Net;
using Mill.Hosting;
using Mill.Interaction;
using Mill.Profiles;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill dev</c>. Touches the server's types in its action only: no other command may pay for loading them.</summary>
internal sealed class DevCommand : Command
{
    public const string MasterKeyVariable = "MILL_MASTER_KEY";
    public const string MasterKeyFileVariable = "MILL_MASTER_KEY_FILE";

    private const string DefaultListen = "127.0.0.1:4400";

    private readonly GlobalOptions _global;
    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.DataDirectoryOption);
    private readonly Option<string?> _listen = Symbols.Text("--listen", "IP:PORT", Words.ListenOption);
    private readonly Option<string?> _masterKeyFile = Symbols.Text("--master-key-file", "FILE", Words.MasterKeyFileOption);
    private readonly Option<string?> _logLevel = Symbols.Choice("--log-level", "LEVEL", Words.LogLevelOption, ServerLog.Levels);
    private readonly BackupOptions _backups = new();
    private readonly ContainerOptions _containers = new();
    private readonly Option<bool> _insecure = Symbols.Flag("--insecure", Words.InsecureOption);

    public DevCommand(GlobalOptions global)
        : base("dev", Words.Dev)
    {
        _global = global;
        Add(_dataDirectory);
        Add(_listen);
        Add(_masterKeyFile);
        Add(_logLevel);
        Add(_insecure);
        _backups.AddTo(this);
        _containers.AddTo(this);
        SetAction(RunAsync);
    }

    /// <summary>An empty path is a variable that somebody forgot to set, not the usual place.</summary>
    public static string? Place(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is not "" and var path
        ? path
        : throw new MillException(MillError.Usage, Words.EmptyPath(option.Name)) { Hint = Words.EmptyPathHint(option.Name) };

    private DevOptions Read(ParseResult parsed)
    {
        var host = _global.Host;
        var listen = parsed.GetValue(_listen) ?? DefaultListen;
        if (!TryParse(listen, out var endpoint)) throw new MillException(MillError.Usage, Words.NotAnEndpoint(listen)) { Hint = Words.NotAnEndpointHint };
        return new()
        {
            DataDirectory = Path.GetFullPath(Place(parsed, _dataDirectory) ?? Places.DevData(host) ?? throw Homeless("--data-dir")),
            Listen = endpoint,
            // What is written on the command line was meant for this very start, so it wins over both variables.
            MasterKey = parsed.GetValue(_masterKeyFile) is null ? host.Variable(MasterKeyVariable) : null,
            MasterKeyFile = Path.GetFullPath(Place(parsed, _masterKeyFile) ?? host.Variable(MasterKeyFileVariable) ?? Places.MasterKey(host) ?? throw Homeless("--master-key-file")),
            Insecure = parsed.GetValue(_insecure),
            LogLevel = ServerLog.LevelOf(parsed.GetValue(_logLevel)),
            Backups = _backups.Read(parsed, host),
            Containers = _containers.Read(parsed, host),
        };
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = Read(parsed);
        using var interrupt = Interrupt.Listen(cancellationToken);
        await DevServer.RunAsync(options, (ready, stop) => DevWelcome.ShowAsync(_global.Host, _global.IsJson(parsed), options, ready, stop), interrupt.Token).ConfigureAwait(false);
        _global.Terminal.Say(Words.DevStopped);
        return ExitCodes.Ok;
    }

    private static MillException Homeless(string option) => new(MillError.Usage, Words.NoHome) { Hint = Words.NoHomeHint(option) };

    /// <summary>An address and a port, both said: a forgotten port must not become a random one.</summary>
    private static bool TryParse(string text, out IPEndPoint endpoint)
    {
        var named = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        var hasPort = named.LastIndexOf(':') > named.LastIndexOf(']') && (named.StartsWith('[') || named.IndexOf(':') == named.LastIndexOf(':'));
        return IPEndPoint.TryParse(named, out endpoint!) && hasPort;
    }
}
