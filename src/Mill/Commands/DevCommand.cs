using System.CommandLine;
using System.Net;
using Mill.Hosting;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill dev</c>. Touches the server's types in its action only: no other command may pay for loading them.</summary>
internal sealed class DevCommand : Command
{
    private const string DefaultListen = "127.0.0.1:4400";

    private readonly GlobalOptions _global;
    private readonly Option<string?> _dataDirectory = Symbols.Text("--data-dir", "DIR", Words.DataDirectoryOption);
    private readonly Option<string?> _listen = Symbols.Text("--listen", "IP:PORT", Words.ListenOption);
    private readonly Option<string?> _masterKeyFile = Symbols.Text("--master-key-file", "FILE", Words.MasterKeyFileOption);
    private readonly Option<string?> _logLevel = Symbols.Text("--log-level", "LEVEL", Words.LogLevelOption);
    private readonly Option<bool> _insecure = Symbols.Flag("--insecure", Words.InsecureOption);

    public DevCommand(GlobalOptions global)
        : base("dev", Words.Dev)
    {
        _global = global;
        _logLevel.AcceptOnlyFromAmong("trace", "debug", "info", "warning", "error");
        Add(_dataDirectory);
        Add(_listen);
        Add(_masterKeyFile);
        Add(_logLevel);
        Add(_insecure);
        SetAction(RunAsync);
    }

    internal DevOptions Read(ParseResult parsed)
    {
        var insecure = parsed.GetValue(_insecure);
        var listen = parsed.GetValue(_listen) ?? DefaultListen;
        if (!TryParse(listen, out var endpoint)) throw new MillException(MillError.Usage, Words.NotAnEndpoint(listen)) { Hint = Words.NotAnEndpointHint };
        if (!insecure && !IPAddress.IsLoopback(endpoint.Address)) throw new MillException(MillError.Usage, Words.InsecureListen(listen)) { Hint = Words.InsecureListenHint };
        return new(Path.GetFullPath(parsed.GetValue(_dataDirectory) ?? DefaultDataDirectory()), endpoint, parsed.GetValue(_masterKeyFile), parsed.GetValue(_logLevel) ?? "warning", insecure);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = Read(parsed);
        using var interrupt = Interrupt.Listen(cancellationToken);
        return await DevServer.RunAsync(options, _global.Host, interrupt.Token).ConfigureAwait(false);
    }

    /// <summary>An address and a port, both said: a forgotten port must not become a random one.</summary>
    private static bool TryParse(string text, out IPEndPoint endpoint)
    {
        var named = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        var hasPort = named.LastIndexOf(':') > named.LastIndexOf(']') && (named.StartsWith('[') || named.IndexOf(':') == named.LastIndexOf(':'));
        return IPEndPoint.TryParse(named, out endpoint!) && hasPort;
    }

    private string DefaultDataDirectory() =>
        _global.Host.Variable("MILL_DATA_DIR")
        ?? Path.Combine(_global.Host.Variable("XDG_DATA_HOME") ?? Path.Combine(_global.Host.Variable("HOME") ?? ".", ".local", "share"), "mill", "dev");
}
