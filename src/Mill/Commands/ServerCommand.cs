using System.CommandLine;
using Mill.Hosting.Cluster;
using Mill.Interaction;
using Mill.Secrets;

namespace Mill.Commands;

/// <summary><c>mill server</c></summary>
internal sealed class ServerCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly NodeOptionSet _options;
    private readonly Option<string?> _role = Symbols.Choice("--role", "ROLE", Words.ServerRoleOption, ["vault", "api", "both"]);
    private readonly Option<string?> _vaults = Symbols.Text("--vault", "URL,…", Words.VaultsOption);

    public ServerCommand(GlobalOptions global)
        : base("server", Words.Server)
    {
        (_global, _options) = (global, new(global));
        Add(_role);
        Add(_vaults);
        _options.AddTo(this);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = _options.ReadServer(parsed, parsed.GetValue(_role), Vaults(parsed.GetValue(_vaults)));
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            await ClusterServer.StartAsync(options, (ready, stop) => NodeWelcome.ShowAsync(_global, parsed, ready, stop), interrupt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            // Told to stop while it waited for a majority: a stop as any other.
        }
        _global.Terminal.Say(Words.DevStopped);
        return ExitCodes.Ok;
    }

    private static List<Uri> Vaults(string? text)
    {
        var vaults = new List<Uri>();
        foreach (var part in (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(part, UriKind.Absolute, out var url) || url is not { Scheme: "https", AbsolutePath: "/" }) throw new MillException(MillError.Usage, Words.NotAVaultAddress(part)) { Hint = Words.NotAVaultAddressHint };
            vaults.Add(url);
        }
        return vaults;
    }
}
