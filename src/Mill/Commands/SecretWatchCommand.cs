using System.CommandLine;
using System.Globalization;
using Mill.Client.Watching;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill secret watch</c>: a line per change, until interrupted.</summary>
internal sealed class SecretWatchCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<string?> _prefix = Symbols.Text("--prefix", "PREFIX", Words.PrefixOption);

    public SecretWatchCommand(GlobalOptions global)
        : base("watch", Words.SecretWatch)
    {
        _global = global;
        Add(_prefix);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var client = await _global.ConnectAsync(parsed, cancellationToken).ConfigureAwait(false);
        using var interrupt = Interrupt.Listen(cancellationToken);
        try
        {
            await foreach (var change in client.WatchAsync(parsed.GetValue(_prefix), connection: WatchLines.For(_global.Terminal), cancellationToken: interrupt.Token).ConfigureAwait(false))
                Print(change, _global.IsJson(parsed));
        }
        catch (OperationCanceledException) when (interrupt.Token.IsCancellationRequested)
        {
            // The only way for a watch to end well.
        }
        return ExitCodes.Interrupted;
    }

    private void Print(SecretEvent change, bool json)
    {
        var kind = change.Kind switch
        {
            SecretEventKind.Added => "added",
            SecretEventKind.Rotated => "rotated",
            SecretEventKind.Removed => "removed",
            _ => "reset",
        };
        var isReset = change.Kind is SecretEventKind.Reset;
        if (json) CliJson.Print(_global.Terminal, new(kind, isReset ? null : change.Name, isReset ? null : change.Version, change.Id), CliJsonContext.Default.EventDocument);
        else if (isReset) _global.Terminal.WriteLine(kind);
        else _global.Terminal.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind}\t{Printable.From(change.Name)}\t{change.Version}"));
    }
}
