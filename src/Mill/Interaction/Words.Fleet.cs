using Mill.Client.Contracts;

namespace Mill.Interaction;

/// <content>What is said about what runs.</content>
internal static partial class Words
{
    public const string Plan = "Show what a deploy would change and where it would run, and touch nothing";
    public const string Deploy = "Make what runs as the .mill file says: new versions take over one by one, and go back by themselves where they fail";
    public const string Deploys = "List deploys, or show one";
    public const string Abort = "Stop a deploy that is at work, and go back to what was before it";
    public const string Rollback = "Go back to what an earlier deploy left behind";
    public const string Restart = "Make the containers of a service anew, one by one, with the values its secrets have now";
    public const string Spawn = "Start a task of the .mill file, or any image";
    public const string Ps = "List the tasks that run";
    public const string Tasks = "List the tasks that can be started, and when they start by themselves";
    public const string Kill = "End a task";
    public const string Logs = "Print what containers wrote, of all nodes, by time";
    public const string Drain = "Have everything move off a node, and wait until it is empty";
    public const string Undrain = "Let a node have containers again";
    public const string Resume = "After a restore: let containers be started, moved and ended again";

    public const string ServiceArgument = "The service, as mill status shows it";
    public const string TaskArgument = "The id of the task, as mill ps shows it";
    public const string LogArgument = "A service, or the id of a task or a container";
    public const string SpawnArgument = "The task, as mill tasks shows it; with --image: what to start in it, after --";
    public const string DeployArgument = "The number of the deploy; left out: all of them, with --follow: the one at work";
    public const string AbortArgument = "The number of the deploy; left out: the one at work";
    public const string RollbackArgument = "The number of the deploy to go back to; left out: the last good one before what runs now";
    public const string DetachOption = "Do not wait for the end";
    public const string FollowDeployOption = "Show what it does until it is over";
    public const string SpawnImageOption = "The image, in the place of a task";
    public const string SpawnCpuOption = "With --image: how many cores it gets [default: 0.25]";
    public const string SpawnMemoryOption = "With --image: how much memory it gets [default: 256M]";
    public const string SpawnTimeoutOption = "When it is ended: 30s, 10m, 2h [default: the task's, else 1h]";
    public const string SpawnEnvOption = "A variable; may be repeated. ${secret(NAME)} in it stands for a secret: others can see command lines";
    public const string SpawnWaitOption = "Wait for its end; the exit code is the task's";
    public const string PsAllOption = "Those that have ended, too";
    public const string LogFollowOption = "Go on with what comes, until interrupted";
    public const string LogTailOption = "Begin with this many lines [default: 200]";
    public const string LogAllOption = "Of all services";

    public const string NothingChanges = "nothing changes";
    public const string DeployNeedsYesHint = "If that is meant: mill deploy --yes";
    public const string DeploysHint = "See which there were: mill deploys";
    public const string NoDeployAtWork = "No deploy is at work.";
    public const string NoDeploys = "no deploys";
    public const string SpawnNothing = "Either the name of a task or --image is needed.";
    public const string SpawnNothingHint = "See which tasks there are: mill tasks";
    public const string SpawnCommandOfTask = "What a task starts stands in its file.";
    public const string SpawnBoth = "The name of a task and --image cannot be used together.";
    public const string SpawnCommandHint = "Any image with any command: mill spawn --image IMAGE -- CMD ARGS";
    public const string SpawnSizeOfTask = "--cpu and --memory are for --image; those of a task stand in its file.";
    public const string NotAVariable = "A variable is written as NAME=VALUE.";
    public const string NoRunningTasks = "no running tasks";
    public const string NoTemplates = "no tasks";
    public const string BySchedule = "schedule";
    public const string Ending = "ending";
    public const string NotAllHealthy = "not all healthy";
    public const string LogOfWhat = "The log of what?";
    public const string LogOfWhatHint = "mill logs NAME, or mill logs --all";
    public const string NoServices = "no services running";
    public const string Resumed = "containers are started, moved and ended again";

    public static string MoreLines(int count) => Invariant($"… and {Count(count, "more line")}");

    public static string PlacedOn(IReadOnlyList<string> nodes) => $"on {string.Join(", ", nodes)}";

    public static string Unplaced(string why) => $"no place: {why}";

    public static string DeployRemoves(IReadOnlyList<string> services) => $"{WouldRemove(services)}, and there is no terminal to ask at.";

    public static string ConfirmDeploy(IReadOnlyList<string> services) => $"{WouldRemove(services)}. Go on?";

    public static string DeployGoesOn(int number) => Invariant($"deploy {number} goes on by itself; to see it: mill deploys {number} --follow; to undo it: mill abort {number}");

    public static string Deployed(DeployResponse deploy, TimeSpan took) => deploy.Steps.Count is 0
        ? Invariant($"deploy {deploy.Number}: no service had to change")
        : Invariant($"deploy {deploy.Number} done ({Amounts.Length(took)})");

    public static string DeployFailed(DeployResponse deploy, TimeSpan took) => Invariant($"error: deploy {deploy.Number} {(deploy.Outcome is "aborted" ? "was aborted" : "failed")} ({Amounts.Length(took)})");

    /// <summary>Each service goes back by itself: others of the same deploy may have become new.</summary>
    public static string DeployFailedHint(DeployResponse deploy) => deploy.Steps.Where(step => step.Phase is "done").Select(step => Printable.From(step.Service)).ToList() is { Count: > 0 } done
        ? $"hint: what failed runs as it did before; {string.Join(", ", done)} changed"
        : "hint: everything runs as it did before";

    public static string StepFailed(DeployStepItem step) => Printable.From($"  {step.Service}: {step.Reason}");

    public static string KindOf(DeployResponse deploy) => deploy.BackTo is { } back ? Invariant($"{deploy.Kind} to {back}") : deploy.Kind;

    /// <summary>Of a container that became something else.</summary>
    public static string AllocLine(string service, DeployAllocItem alloc) => Printable.From(alloc.Status switch
    {
        "pulling" => $"  {service}: {alloc.Id} on {alloc.Node}: pulling the image",
        "failed" => $"  {service}: {alloc.Id} on {alloc.Node}: failed: {alloc.Reason ?? "no reason is known"}",
        _ => $"  {service}: {alloc.Id} on {alloc.Node}: {alloc.Status}",
    });

    /// <summary>Of a service that came to another phase.</summary>
    public static string StepLine(DeployStepItem step, DateTimeOffset start)
    {
        var at = Amounts.Length(step.Since - start);
        return Printable.From(step.Phase switch
        {
            "before" => $"  {step.Service}: what runs before it ({at})",
            "rolling" when step.Kind is "remove" => $"  {step.Service}: being removed ({at})",
            "rolling" => $"  {step.Service}: new containers take over ({at})",
            "after" => $"  {step.Service}: what runs after it ({at})",
            "restoring" => $"  {step.Service}: goes back to what ran before: {step.Reason ?? "it was aborted"} ({at})",
            _ => $"  {step.Service}: {step.Phase} ({at})",
        });
    }

    /// <summary>Of a container, in few words.</summary>
    public static string AllocState(DeployAllocItem alloc) => alloc is { Status: "pulling", Pull: { } pull }
        ? $"{alloc.Id}@{alloc.Node} pulling {Amounts.Percent(pull.Done, pull.Total)}"
        : $"{alloc.Id}@{alloc.Node} {alloc.Status}";

    public static string Spawned(TaskResponse task) => Printable.From($"task {task.Name} is {task.Id} on {task.Node}; to see what it writes: mill logs {task.Id} -f");

    public static string TaskGoesOn(string id) => Printable.From($"task {id} goes on by itself; to end it: mill kill {id}");

    public static string TaskEnded(TaskResponse task) => Printable.From(task.ExitCode is { } code
        ? Invariant($"task {task.Id} ended with {code}{(task.Reason is { } why ? $": {why}" : "")}")
        : $"task {task.Id} {task.Status}{(task.Reason is { } reason ? $": {reason}" : "")}");

    public static string TaskKilled(TaskResponse task) => Printable.From(task.EndedAt is null ? $"task {task.Id} is ended" : $"task {task.Id} had ended already");

    public static string NotCores(string text) => $"'{text}' is not a number of cores such as 0.5 or 2.";

    public static string NotAMemory(string text) => $"'{text}' is not a size such as 256M or 1Gi.";

    public static string NotATimeout(string text) => $"'{text}' is not a length of time such as 30s, 10m or 1h30m.";

    public static string DrainLeft(string node, int left) => Printable.From(Invariant($"  {node}: {Count(left, "container")} left"));

    public static string Drained(string node, TimeSpan took) => Printable.From($"node {node} is empty ({Amounts.Length(took)})");

    public static string DrainGoesOn(string node) => Printable.From($"node {node} goes on to be drained; to see how far it is: mill status; to let it have containers again: mill undrain {node}");

    public static string Undrained(string node) => Printable.From($"node {node} may have containers again");

    public static string NodeIsGone(string node) => $"The node {node} is not there any more.";

    public static string NodeIsBack(string node) => $"Somebody lets the node {node} have containers again: it is not drained.";

    public static string OutdatedSecrets(string service, IReadOnlyList<string> secrets) =>
        Printable.From($"note: {service} runs with old values of {string.Join(", ", secrets)}; to give it the new ones: mill restart {service}");

    private static string WouldRemove(IReadOnlyList<string> services) => Printable.From(services.Count is 1
        ? $"The service {services[0]} is not in the file any more and would be removed"
        : $"The services {string.Join(", ", services)} are not in the file any more and would be removed");
}
