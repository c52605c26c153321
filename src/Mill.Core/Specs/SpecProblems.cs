using System.Text.Json;

namespace Mill.Core.Specs;

/// <summary>Looks for what is wrong with a spec. The parser has found most of it before, and knows where it stands.</summary>
internal sealed class SpecProblems
{
    private const int MostFound = 100;
    private const int MostOfEach = 500;
    private const int LongestText = 512;

    private readonly List<string> _found = [];

    public IReadOnlyList<string> Found => _found;

    public void Add(string what, string problem)
    {
        if (_found.Count < MostFound) _found.Add($"{what} {problem}");
    }

    public void Look(DeploySpec spec)
    {
        if (SpecHoles.Find(spec) is { } hole) Add("This", $"has nothing where something belongs: {hole}.");
        if (_found.Count > 0) return;
        Require(spec.Services.Count <= MostOfEach && spec.Tasks.Count <= MostOfEach && spec.Registries.Count <= MostOfEach, "This", $"has more than {MostOfEach} services, tasks or registries.");
        if (_found.Count > 0) return;
        Unique(spec.Services.Select(service => service.Name).Concat(spec.Tasks.Select(task => task.Name)), "name");
        Unique(spec.Registries.Select(registry => registry.Address), "registry");
        foreach (var service in spec.Services) Look(service, spec.Services);
        foreach (var task in spec.Tasks)
        {
            Require(task.Name is not SpecRules.Inline, $"task \"{task.Name}\"", "has the name of tasks that are started without a template.");
            Look(task, spec.Services);
        }
        foreach (var registry in spec.Registries)
        {
            var what = $"registry \"{registry.Address}\"";
            Require(RegistrySpec.IsAddress(registry.Address), what, "is no host.");
            foreach (var template in new[] { registry.Username, registry.Password })
            {
                Look(template, what, []);
                Require(!template.Services.Any(), what, "refers to a service.");
            }
        }
    }

    /// <summary>Of one that is alone.</summary>
    public void Look(TaskSpec task)
    {
        if (SpecHoles.Find(task.Container) is { } hole) Add($"task \"{task.Name}\"", $"has nothing where something belongs: {hole}.");
        else Look(task, []);
    }

    private void Look(TaskSpec task, IReadOnlyList<ServiceSpec> services)
    {
        var what = $"task \"{task.Name}\"";
        Require(WorkloadName.IsValid(task.Name), what, $"has no valid name. {WorkloadName.Rule}");
        Require(task.Timeout > TimeSpan.Zero && task.Timeout <= SpecRules.LongestTask, what, "has a timeout that is not more than 0 and at most 30d.");
        if (task.Schedule is not null && CronSchedule.WhyNot(task.Schedule) is { } reason) Add(what, $"has no valid schedule: {reason}.");
        Look(task.Container, what, services);
    }

    private void Look(ServiceSpec service, IReadOnlyList<ServiceSpec> services)
    {
        var (what, update) = ($"service \"{service.Name}\"", service.Update);
        Require(WorkloadName.IsValid(service.Name), what, $"has no valid name. {WorkloadName.Rule}");
        Require(service.Name is not SpecRules.Inline, what, "has the name of tasks that are started without a template.");
        Require(service.Replicas is >= 0 and <= SpecRules.MostReplicas, what, $"has replicas that are not from 0 to {SpecRules.MostReplicas}.");
        Require(update.MaxParallel is > 0 and <= SpecRules.MostReplicas, what, $"has a max_parallel that is not from 1 to {SpecRules.MostReplicas}.");
        Require(Enum.IsDefined(update.Order), what, "has an update in no order.");
        Require((long)SizeOf(service.Container) * service.Replicas <= SpecRules.MostOfReplicas, what, $"is larger than {ByteSize.Rough(SpecRules.MostOfReplicas)} with all its replicas: store large values as secrets.");
        Require(IsPause(update.HealthyFor) && IsPause(update.Drain) && IsPause(update.Deadline) && update.Deadline > TimeSpan.Zero, what, "has an update with lengths of time that are not from 0 to 1d.");
        Look(service.Container, what, services);
        if (service.Health is { } health) Look(health, service.Container, what);
        foreach (var hook in new[] { service.PreDeploy, service.PostDeploy }.OfType<HookSpec>())
        {
            Require(IsCommand(hook.Command), what, "has a hook without a command.");
            Require(hook.Timeout > TimeSpan.Zero && IsPause(hook.Timeout), what, "has a hook whose timeout is not more than 0 and at most 1d.");
        }
        foreach (var route in service.Routes)
        {
            Require(Uri.CheckHostName(route.Host) is UriHostNameType.Dns && route.Path.StartsWith('/') && IsText(route.Path), what, "has a route that is none.");
            Require(service.Container.Port is not null, what, "has a route, and no port.");
        }
    }

    private void Look(HealthSpec health, ContainerSpec container, string what)
    {
        Require(Enum.IsDefined(health.Kind), what, "has a health check of no kind.");
        Require(health.Kind is HealthKind.Command ? health.Command is { } command && IsCommand(command) : container.Port is not null, what, "has a health check without a command or a port.");
        Require(health.Kind is not HealthKind.Http || (health.Path is { } path && path.StartsWith('/') && IsText(path)), what, "has a health check without a path.");
        Require(health.Interval > TimeSpan.Zero && health.Timeout > TimeSpan.Zero && health.FailureThreshold > 0, what, "has a health check that asks never.");
        Require(IsPause(health.Interval) && IsPause(health.Timeout) && IsPause(health.StartPeriod), what, "has a health check with lengths of time that are not from 0 to 1d.");
    }

    private void Look(ContainerSpec container, string what, IReadOnlyList<ServiceSpec> services)
    {
        Require(SizeOf(container) <= SpecRules.MostOfContainer, what, $"is larger than {ByteSize.Rough(SpecRules.MostOfContainer)}: store large values as secrets.");
        Require(container.Image.Length is > 0 and <= LongestText && !container.Image.Any(char.IsWhiteSpace) && IsText(container.Image), what, "has no valid image.");
        Require(container.Command is null || IsCommand(container.Command), what, "has a command that is none.");
        Require(container.Port is null or (> 0 and <= ushort.MaxValue), what, $"has a port that is not from 1 to {ushort.MaxValue}.");
        Require(Enum.IsDefined(container.Network) && (container.Network is ContainerNetwork.Host || container.Port is not null), what, "has its own network, and no port.");
        Require(container.Cpu is > 0 and <= SpecRules.MostCores, what, $"has a cpu that is not more than 0 and at most {SpecRules.MostCores}.");
        Require(container.Memory >= SpecRules.LeastMemory, what, $"has less memory than {ByteSize.Format(SpecRules.LeastMemory)}.");
        Require(IsPause(container.StopGrace), what, "has a stop_grace that is not from 0 to 1d.");
        foreach (var (name, value) in container.Env)
        {
            // What the environment can hold at all (POSIX.1-2024, 8.1).
            Require(name.Length > 0 && IsText(name) && !name.Contains('=', StringComparison.Ordinal), what, "has a variable without a valid name.");
            Look(value, what, services);
        }
        foreach (var file in container.SecretFiles)
        {
            Require(IsPath(file.Path), what, "has a secret_file whose path is none.");
            Require(file.Mode.Length is 3 or 4 && !file.Mode.AsSpan().ContainsAnyExceptInRange('0', '7') && (file.Mode.Length is 3 || file.Mode[0] is '0'), what, "has a secret_file whose mode is none.");
            Require(file is { Uid: >= 0, Gid: >= 0 }, what, "has a secret_file of nobody.");
            Look(file.Content, what, services);
        }
        foreach (var volume in container.Volumes)
        {
            Require(WorkloadName.IsValid(volume.Name) && IsPath(volume.Path), what, "has a volume without a valid name or path.");
            Require(volume is { IsEphemeral: true } or { Size: > 0 }, what, $"has the volume \"{volume.Name}\" without a size.");
        }
        Unique(container.SecretFiles.Select(file => file.Path).Concat(container.Volumes.Select(volume => volume.Path)), $"{what}: path");
        Unique(container.Volumes.Select(volume => volume.Name), $"{what}: volume");
        foreach (var (label, value) in container.Constraints) Require(label.Length > 0 && IsText(label) && IsText(value), what, "has a constraint that is none.");
    }

    private void Look(Template template, string what, IReadOnlyList<ServiceSpec> services)
    {
        Require(IsText(template.Source), what, "has a text that no process can be given.");
        foreach (var part in template.Parts)
        {
            if (part.Kind is TemplatePartKind.Wrong) Add(what, $"has a text that is wrong: {part.Text}");
            else if (part.Kind is TemplatePartKind.Address) Require(services.FirstOrDefault(service => service.Name == part.Text)?.Container.Port is not null, what, $"refers to the address of \"{part.Text}\", which is no service with a port here.");
        }
    }

    private static int SizeOf(ContainerSpec container) => JsonSerializer.SerializeToUtf8Bytes(container, SpecJson.Default.ContainerSpec).Length;

    private static bool IsPause(TimeSpan length) => length >= TimeSpan.Zero && length <= SpecRules.LongestPause;

    private static bool IsCommand(IReadOnlyList<string> command) => command.Count > 0 && command[0].Length > 0 && command.All(IsText);

    private static bool IsPath(string path) => path.Length is > 1 and <= LongestText && path[0] is '/' && path[1..].Split('/').All(segment => segment is not ("" or "." or "..")) && !path.AsSpan().ContainsAny('\0', ':', '\n');

    /// <summary>Without the character 0, and without halves of characters: what is stored comes back as it was.</summary>
    private static bool IsText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\0' || char.IsLowSurrogate(text[i])) return false;
            if (char.IsHighSurrogate(text[i]) && (++i == text.Length || !char.IsLowSurrogate(text[i]))) return false;
        }
        return true;
    }

    private void Unique(IEnumerable<string> names, string what)
    {
        foreach (var group in names.GroupBy(name => name, StringComparer.Ordinal).Where(group => group.Count() > 1)) Add(what, $"\"{group.Key}\" is there more than once.");
    }

    private void Require(bool holds, string what, string problem)
    {
        if (!holds) Add(what, problem);
    }
}
