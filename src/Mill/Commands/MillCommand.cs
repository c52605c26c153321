using System.CommandLine;
using System.CommandLine.Help;
using Mill.Interaction;

namespace Mill.Commands;

/// <summary>The tree of commands.</summary>
internal static class MillCommand
{
    private static readonly Branch[] Branches =
    [
        new("secret", Words.Secret, static global => Group("secret", Words.Secret,
            new SecretSetCommand(global),
            new SecretGetCommand(global),
            new SecretListCommand(global),
            new SecretHistoryCommand(global),
            new SecretDeleteCommand(global),
            new SecretDestroyCommand(global),
            new SecretWatchCommand(global))),
        new("env", Words.EnvGroup, static global => Group("env", Words.EnvGroup,
            new EnvExpandCommand(global),
            new EnvEncryptCommand(global),
            new EnvCheckCommand(global))),
        new("plan", Words.Plan, static global => new PlanCommand(global)),
        new("deploy", Words.Deploy, static global => new DeployCommand(global)),
        new("deploys", Words.Deploys, static global => new DeploysCommand(global)),
        new("abort", Words.Abort, static global => DeployChangeCommand.Abort(global)),
        new("rollback", Words.Rollback, static global => new RollbackCommand(global)),
        new("restart", Words.Restart, static global => DeployChangeCommand.Restart(global)),
        new("spawn", Words.Spawn, static global => new SpawnCommand(global)),
        new("ps", Words.Ps, static global => new PsCommand(global)),
        new("tasks", Words.Tasks, static global => new TasksCommand(global)),
        new("kill", Words.Kill, static global => new KillCommand(global)),
        new("exec", Words.Exec, static global => new ExecCommand(global)),
        new("logs", Words.Logs, static global => new LogsCommand(global)),
        new("fmt", Words.Fmt, static global => new FmtCommand(global)),
        new(SyncCommand.Title, Words.SyncGroup, static global => new SyncCommand(global)),
        new("run", Words.Run, static global => new RunCommand(global)),
        new("token", Words.TokenGroup, static global => Group("token", Words.TokenGroup,
            new TokenCreateCommand(global),
            new TokenListCommand(global),
            new TokenRevokeCommand(global))),
        new("status", Words.Status, static global => new StatusCommand(global)),
        new("nodes", Words.Nodes, static global => new NodesCommand(global)),
        new("drain", Words.Drain, static global => new DrainCommand(global)),
        new("undrain", Words.Undrain, static global => new UndrainCommand(global)),
        new("remove", Words.Remove, static global => new RemoveCommand(global)),
        new("leave", Words.Leave, static global => new LeaveCommand(global)),
        new("join-token", Words.JoinTokenGroup, static global => new JoinTokenCommand(global)),
        new("leader", Words.LeaderGroup, static global => Group("leader", Words.LeaderGroup, new LeaderTransferCommand(global))),
        new("verify", Words.Verify, static global => new VerifyCommand(global)),
        new("retention", Words.Retention, static global => Group("retention", Words.Retention,
            new RetentionShowCommand(global),
            new RetentionSetCommand(global),
            new RetentionClearCommand(global))),
        new("backup", Words.Backup, static global => new BackupCommand(global)),
        new("restore", Words.Restore, static global => new RestoreCommand(global)),
        new("resume", Words.Resume, static global => new ResumeCommand(global)),
        new("doctor", Words.Doctor, static global => new DoctorCommand(global)),
        new("clean", Words.Clean, static global => new CleanCommand(global)),
        new("completion", Words.Completion, static global => new CompletionCommand(global)),
        new("dev", Words.Dev, static global => new DevCommand(global)),
        new("init", Words.Init, static global => new InitCommand(global)),
        new("join", Words.Join, static global => new JoinCommand(global)),
        new("server", Words.Server, static global => new ServerCommand(global)),
        new("recover", Words.Recover, static global => new RecoverCommand(global)),
    ];

    /// <param name="args">What was typed; nothing for the whole tree.</param>
    public static RootCommand Create(GlobalOptions global, params string[] args)
    {
        var root = new RootCommand(Words.Mill);
        global.AddTo(root);
        // Options cost time to make, in every process: those of a command that nobody named are left out. Who named none is shown all.
        var isAnyNamed = Array.Exists(Branches, branch => branch.IsNamed(args));
        foreach (var branch in Branches) root.Add(!isAnyNamed || branch.IsNamed(args) ? branch.Make(global) : new Command(branch.Name, branch.Description));
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

    /// <summary>A command at the root, before it is made.</summary>
    private sealed class Branch(string name, string description, Func<GlobalOptions, Command> make)
    {
        public string Name => name;

        public string Description => description;

        public Command Make(GlobalOptions global) => make(global);

        /// <summary>Somewhere in an argument, because a shell that completes puts the whole line into one.</summary>
        public bool IsNamed(string[] args)
        {
            foreach (var arg in args)
            {
                if (arg.Contains(name, StringComparison.Ordinal)) return true;
            }
            return false;
        }
    }
}
