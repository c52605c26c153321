using System.CommandLine;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary><c>mill sync</c>: the secrets that builds on GitHub need.</summary>
internal sealed class SyncCommand : Command
{
    public const string Title = "sync";

    public SyncCommand(GlobalOptions global)
        : base(Title, Words.SyncGroup)
    {
        Add(new SyncCheckCommand(global));
        Add(new SyncPushCommand(global));
        Add(new SyncWatchCommand(global));
        Add(new SyncRequestCommand(global));
        Add(new SyncExportCommand(global));
        Add(new SyncInitExportCommand(global));
    }
}
