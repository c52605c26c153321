using System.CommandLine;
using Mill.Hosting.Cluster;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill init</c>. Touches the server's types in its action only, as all commands that serve.</summary>
internal sealed class InitCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly NodeOptionSet _options;
    private readonly Option<string?> _role = Symbols.Choice("--role", "ROLE", Words.InitRoleOption, ["vault", "both"]);
    private readonly Option<string?> _restore = Symbols.Text("--restore", "FILE", Words.InitRestoreOption);

    public InitCommand(GlobalOptions global)
        : base("init", Words.Init)
    {
        (_global, _options) = (global, new(global));
        _options.AddAllTo(this);
        Add(_role);
        Add(_restore);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var options = _options.ReadNew(parsed, parsed.GetValue(_role)) with { Restore = DevCommand.Place(parsed, _restore) is { } path ? Path.GetFullPath(path) : null };
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            await ClusterServer.InitAsync(options, (ready, stop) => NodeWelcome.ShowAsync(_global, parsed, ready, stop), interrupt.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
        _global.Terminal.Say(Words.DevStopped);
        return ExitCodes.Ok;
    }
}
