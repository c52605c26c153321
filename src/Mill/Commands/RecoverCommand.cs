using System.CommandLine;
using Mill.Hosting.Cluster;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill recover</c></summary>
internal sealed class RecoverCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly NodeOptionSet _options;
    private readonly Option<bool> _yes = Symbols.Flag("--yes", Words.YesOption);

    public RecoverCommand(GlobalOptions global)
        : base("recover", Words.Recover)
    {
        (_global, _options) = (global, new(global));
        _options.AddTo(this);
        Add(_yes);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = _options.ReadServer(parsed, role: null, vaults: []);
        _global.Terminal.Say(Words.RecoverWarning(options.DataDirectory));
        if (!parsed.GetValue(_yes) && !RemoveCommand.Confirm(_global.Terminal, Words.ConfirmRecover)) return ExitCodes.Interrupted;
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            await ClusterServer.RecoverAsync(options, interrupt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        _global.Terminal.Say(Words.Recovered(options.DataDirectory));
        return ExitCodes.Ok;
    }
}
