using System.CommandLine;
using Mill.Interaction;
using Mill.Secrets;
using Mill.Sync.Exports;

namespace Mill.Commands;

/// <summary><c>mill sync init-export</c>: writes the workflow that answers <c>mill sync request</c>.</summary>
internal sealed class SyncInitExportCommand : Command
{
    private readonly GlobalOptions _global;
    private readonly Option<bool> _force = Symbols.Flag("--force", Words.SyncInitForceOption);

    public SyncInitExportCommand(GlobalOptions global)
        : base("init-export", Words.SyncInitExport)
    {
        _global = global;
        Add(_force);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var place = SyncPlace.Find(_global.Host);
        if (place.Checkout is null) throw new MillException(MillError.Usage, Words.NoCheckout) { Hint = Words.NoCheckoutHint };
        var path = place.PathOf(WorkflowFile.Path, isGiven: false);
        var text = WorkflowFile.Text();
        try
        {
            if (File.Exists(path) && !parsed.GetValue(_force) && await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false) != text)
                throw new MillException(MillError.AlreadyExists, Words.WorkflowExists(place.NameOf(path))) { Hint = Words.WorkflowExistsHint };
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllTextAsync(path, text, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MillException(MillError.Usage, Words.FileUnreadable(path, e.Message), e);
        }
        _global.Terminal.WriteLine(place.NameOf(path));
        if (!_global.IsJson(parsed)) _global.Terminal.Say(Words.WorkflowNext);
        return ExitCodes.Ok;
    }
}
