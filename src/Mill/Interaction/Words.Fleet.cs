using Mill.Client.Contracts;

namespace Mill.Interaction;

/// <content>What is said about what runs.</content>
internal static partial class Words
{
    private const string Pulled = "the image is there";

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
    public const string Exec = "Run a program in a container that runs, with your terminal where there is one";
    public const string Logs = "Print what containers wrote, of all nodes, by time";
    public const string Drain = "Have everything move off a node, and wait until it is empty";
    public const string Undrain = "Let a node have containers again";
    public const string Resume = "After a restore: let containers be started, moved and ended again";

    public const string ServiceArgument = "The service, as mill status shows it";
    public const string TaskArgument = "The id of the task, as mill ps shows it";
    public const string ExecArgument = "A service or a task, or the id of a container; of several, the newest that is healthy";
    public const string ExecCommandArgument = "The program and its arguments, after the dashes";
    public const string NoTtyOption = "No terminal for the program; by itself where the input or the output is none";
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

    public const string MillFileEmptyHint = "It says what is to run, such as: service \"web\" { image = \"nginx:1\" }";
    public const string NoSuchFile = "there is no such file.";
    public const string NoSuchFileHint = "Check its name. One that begins without a slash counts from the directory in which mill was started.";
    public const string IsDirectory = "it is a directory.";
    public const string IsDirectoryHint = "Name a file in it.";
    public const string FileUnreadableHint = "Name a file that you may read: ls -l shows whose it is.";
    public const string NothingChanges = "nothing changes";
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
    public static string Restarted(int times) => Invariant($"restarted {(times is 1 ? "once" : Invariant($"{times} times"))}");

    public const string NotAllHealthy = "not all healthy";
    public const string ExecWhat = "What is to be run stands after two dashes.";
    public const string ExecWhatHint = "mill exec NAME -- CMD ARGS, such as: mill exec web -- sh";
    public const string LogOfWhat = "The log of what?";
    public const string LogOfWhatHint = "mill logs NAME, or mill logs --all";
    public const string NoServices = "no services running";
    public const string Resumed = "containers are started, moved and ended again";

    public static string LogNotice(LogNoticeItem notice) => Printable.From($"[{notice.Alloc}@{notice.Node}] {notice.Detail}");

    public static string NoLines(string? name) => Printable.From($"nothing is kept of what {name ?? "the services"} wrote: no line yet, or it ended more than a day ago");

    public static string MillFileEmpty(string name) => $"{name} is empty.";

    public static string MoreLines(int count) => Invariant($"… and {Count(count, "more line")}");

    public static string PlacedOn(IReadOnlyList<string> nodes) => $"on {string.Join(", ", nodes)}";

    public static string PlannedRoute(PlannedRouteItem route) => $"route \"{route.Host}\" {route.Path}{(route.Served ? "" : ": kept, and not served yet")}";

    public static string PlannedVolume(PlannedVolumeItem volume) => $"volume \"{volume.Name}\" at {volume.Path}{(volume.Ephemeral ? ": empty at every start" : "")}";

    public static string PlannedOrder(string order) => $"{order}: each old replica ends before a new one starts in its place";

    public static string Unplaced(string why) => $"no place: {why}";

    public static string NobodyToAsk(string why) => $"{why}, and there is no terminal to ask at.";

    public static string PlanNeedsYesHint(string command) => $"If that is meant: mill {command} --yes";

    public static string GoOn(string why) => $"{why}. Go on?";

    public static string GoesBackTo(int number) => Invariant($"goes back to what deploy {number} left behind");

    public static string DeployGoesOn(int number) => Invariant($"deploy {number} goes on by itself; to see it: mill deploys {number} --follow; to undo it: mill abort {number}");

    public static string AbortGoesOn(int number) => Invariant($"deploy {number} goes back by itself; to see it: mill deploys {number} --follow");

    public static string Deployed(DeployResponse deploy, TimeSpan took) => deploy.Steps.Count is 0
        ? Invariant($"deploy {deploy.Number}: no service had to change")
        : Invariant($"deploy {deploy.Number} done ({Amounts.Length(took)})");

    public static string DeployFailed(DeployResponse deploy, TimeSpan took) => Invariant($"error: deploy {deploy.Number} {(deploy.Outcome is "aborted" ? "was aborted" : "failed")} ({Amounts.Length(took)})");

    /// <summary>Each service goes back by itself: others of the same deploy may have become new, and what was in trouble before is so still.</summary>
    /// <param name="services">As they run now; null where that is not known.</param>
    public static string DeployFailedHint(DeployResponse deploy, IReadOnlyList<ServiceResponse>? services)
    {
        var (done, failed) = (deploy.Steps.Where(step => step.Phase is "done").Select(step => step.Service).ToList(), deploy.Steps.Where(step => step.Phase is "failed").ToList());
        var gone = failed.Where(step => step.Kind is "add").Select(step => step.Service).ToList();
        var down = (services ?? []).Where(service => !gone.Contains(service.Name) && failed.Exists(step => step.Service == service.Name) && service.Replicas.Healthy < service.Replicas.Desired).ToList();
        var back = failed.Select(step => step.Service).Except(gone).Except(down.Select(service => service.Name)).ToList();
        if (gone.Count + down.Count + done.Count is 0) return "hint: everything runs as it did before";
        List<string> said = [];
        if (gone.Count > 0) said.Add($"{string.Join(", ", gone)} {(gone.Count is 1 ? "was" : "were")} new, and {(gone.Count is 1 ? "does" : "do")} not run");
        said.AddRange(down.Select(service => Invariant($"{service.Name} does not run as it should: {service.Replicas.Healthy} of {service.Replicas.Desired} healthy")));
        if (back.Count > 0) said.Add($"{(gone.Count + down.Count is 0 ? "what failed" : string.Join(", ", back))} {(gone.Count + down.Count > 0 && back.Count > 1 ? "run as they" : "runs as it")} did before");
        if (done.Count > 0) said.Add($"{string.Join(", ", done)} changed");
        return Printable.From($"hint: {string.Join("; ", said)}{(down.Count > 0 ? "; to see why: mill status" : "")}");
    }

    public static string NotHealthy(ServiceResponse service) => Printable.From(Invariant(
        $"warning: {service.Name} is not as it should be: {service.Replicas.Healthy} of {service.Replicas.Desired} healthy{(service.Allocations.FirstOrDefault(alloc => alloc.Reason is not null) is { } troubled ? $"; {troubled.Id}: {troubled.Reason}" : "")}; to see why: mill logs {service.Name}; to make its containers anew: mill restart {service.Name}"));

    /// <summary>Which containers were told an address where nothing listens any more.</summary>
    /// <param name="of">The services whose address it may be; null for all.</param>
    public static IEnumerable<string> OutdatedAddresses(IReadOnlyList<ServiceResponse> services, IReadOnlyCollection<string>? of = null) =>
        from service in services
        let allocs = service.Allocations.Select(alloc => (alloc.Id, Of: (alloc.OutdatedAddresses ?? []).Where(name => of?.Contains(name) is not false).ToList())).Where(alloc => alloc.Of.Count > 0).ToList()
        where allocs.Count > 0
        select Printable.From($"note: {string.Join(", ", allocs.Select(alloc => alloc.Id))} {(allocs.Count is 1 ? "holds" : "hold")} an old address of {string.Join(", ", allocs.SelectMany(alloc => alloc.Of).Distinct().Order(StringComparer.Ordinal))}; mill restart {service.Name}");

    public static string StepFailed(DeployStepItem step) => Printable.From($"  {step.Service}: {step.Reason}");

    public static string KindOf(DeployResponse deploy) => deploy.BackTo is { } back ? Invariant($"{deploy.Kind} to {back}") : deploy.Kind;

    /// <summary>Of a container that became something else.</summary>
    public static string AllocLine(string service, DeployAllocItem alloc) => Printable.From(alloc.Status switch
    {
        "stopped" when alloc.Kind is "pull" => $"  {service}: {alloc.Id} on {alloc.Node}: {Pulled}",
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
            "pulling" => $"  {step.Service}: the image is fetched where it will be needed ({at})",
            "before" => $"  {step.Service}: what runs before it ({at})",
            "rolling" when step.Kind is "remove" => $"  {step.Service}: being removed",
            "rolling" => $"  {step.Service}: new containers take over ({at})",
            "after" => $"  {step.Service}: what runs after it ({at})",
            "restoring" => $"  {step.Service}: goes back to what ran before: {step.Reason ?? "it was aborted"} ({at})",
            _ => $"  {step.Service}: {step.Phase} ({at})",
        });
    }

    public static string StepWaits(DeployStepItem step) => Printable.From($"  {step.Service}: waits: {step.Waits}");

    /// <summary>Of a container, in few words.</summary>
    public static string AllocState(DeployAllocItem alloc) => alloc is { Status: "pulling", Pull: { } pull }
        ? $"{alloc.Id}@{alloc.Node} pulling {Amounts.Percent(pull.Done, pull.Total)}"
        : $"{alloc.Id}@{alloc.Node} {(alloc is { Kind: "pull", Status: "stopped" } ? Pulled : alloc.Status)}";

    public static string RunSkipped(string when) => $"that of {when} was left out: the one before was still at work";

    public static string RunWaits(string why) => $"is due, and waits: {why}";

    public static string Spawned(TaskResponse task) => Printable.From($"task {task.Name} is {task.Id} on {task.Node}; to see what it writes: mill logs {task.Id} -f");

    public static string TaskGoesOn(string id) => Printable.From($"task {id} goes on by itself; to end it: mill kill {id}");

    public static string TaskEnded(TaskResponse task) => Printable.From(task.ExitCode is { } code
        ? Invariant($"task {task.Id} ended with {code}{(task.Reason is { } why ? $": {why}" : "")}")
        : $"task {task.Id} {task.Status}{(task.Reason is { } reason ? $": {reason}" : "")}");

    public static string TaskKilled(TaskResponse task) => Printable.From(task.EndedAt is null ? $"task {task.Id} is being ended; to see whether it has: mill ps" : $"task {task.Id} had ended already");

    public static string NotCores(string text) => $"'{text}' is not a number of cores such as 0.5 or 2.";

    public static string NotAMemory(string text) => $"'{text}' is not a size such as 256M or 1Gi.";

    public static string NotATimeout(string text) => $"'{text}' is not a length of time such as 30s, 10m or 1h30m.";

    public static string DrainLeft(string node, int left) => Printable.From(Invariant($"  {node}: {Count(left, "container")} left"));

    public static string DrainWaits(string node, DrainWaitItem wait) => Printable.From($"  {node}: {wait.Alloc}: {wait.Reason}");

    public static string Drained(string node, TimeSpan took) => Printable.From($"node {node} is empty ({Amounts.Length(took)})");

    public static string DrainGoesOn(string node) => Printable.From($"node {node} goes on to be drained; to see how far it is: mill status; to let it have containers again: mill undrain {node}");

    public static string Undrained(string node) => Printable.From($"node {node} may have containers again");

    public static string NodeIsGone(string node) => $"The node {node} is not there any more.";

    public static string NodeIsBack(string node) => $"Somebody lets the node {node} have containers again: it is not drained.";

    public static string OutdatedSecrets(string service, IReadOnlyList<string> secrets) =>
        Printable.From($"note: {service} runs with old values of {string.Join(", ", secrets)}; to give it the new ones: mill restart {service}");

    /// <param name="backTo">The deploy that they were not in; null where it is a file.</param>
    public static string WouldRemove(IReadOnlyList<string> services, IReadOnlyList<string> tasks, int? backTo)
    {
        var what = string.Join(" and ", new[] { Named("service", services), Named("task", tasks) }.Where(names => names.Length > 0));
        var isOne = services.Count + tasks.Count is 1;
        return Printable.From(Invariant($"The {what} {(isOne ? "is" : "are")} not in {(backTo is { } number ? Invariant($"what deploy {number} left behind") : "the file any more")} and would be removed"));

        static string Named(string kind, IReadOnlyList<string> names) => names.Count is 0 ? "" : $"{kind}{(names.Count is 1 ? "" : "s")} {string.Join(", ", names)}";
    }
}
