using System.CommandLine;
using System.CommandLine.Help;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>The tree of commands.</summary>
internal static class MillCommand
{
    public static RootCommand Create(GlobalOptions global)
    {
        var root = new RootCommand(Words.Mill);
        global.AddTo(root);
        root.Add(Group("secret", Words.Secret,
            new SecretSetCommand(global),
            new SecretGetCommand(global),
            new SecretListCommand(global),
            new SecretHistoryCommand(global),
            new SecretDeleteCommand(global),
            new SecretDestroyCommand(global),
            new SecretWatchCommand(global)));
        root.Add(Group("token", Words.TokenGroup,
            new TokenCreateCommand(global),
            new TokenListCommand(global),
            new TokenRevokeCommand(global)));
        root.Add(new StatusCommand(global));
        root.Add(new NodesCommand(global));
        root.Add(new RemoveCommand(global));
        root.Add(new LeaveCommand(global));
        root.Add(new JoinTokenCommand(global));
        root.Add(Group("leader", Words.LeaderGroup, new LeaderTransferCommand(global)));
        root.Add(new VerifyCommand(global));
        root.Add(Group("retention", Words.Retention,
            new RetentionShowCommand(global),
            new RetentionSetCommand(global),
            new RetentionClearCommand(global)));
        root.Add(new BackupCommand(global));
        root.Add(new RestoreCommand(global));
        root.Add(new CompletionCommand(global));
        root.Add(new DevCommand(global));
        root.Add(new InitCommand(global));
        root.Add(new JoinCommand(global));
        root.Add(new ServerCommand(global));
        foreach (var option in root.Options)
        {
            if (option is HelpOption { Action: HelpAction inner } help) help.Action = new HelpWithExamples(inner);
        }
        return root;
    }

    private static Command Group(string name, string description, params ReadOnlySpan<Command> commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands) group.Add(command);
        return group;
    }
}
