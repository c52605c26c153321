using System.Collections.Immutable;
using System.Globalization;
using Mill.Core.Deploys;
using Mill.Core.Language.Grammar;
using Mill.Core.Language.Syntax;
using Mill.Core.Specs;

namespace Mill.Core.Language;

/// <summary>Makes specs of blocks, and sees that they make sense together.</summary>
internal sealed class SpecReader(Problems problems)
{
    private const int MostReplicas = 1000;
    private const int MostCores = 1024;
    private const int MostWorkloads = 1000;

    /// <summary>Less, the engine refuses (Docker Engine API 1.41, <c>HostConfig.Memory</c>).</summary>
    private const long LeastMemory = 6 << 20;

    private static readonly TimeSpan LongestTimeout = TimeSpan.FromDays(30);

    public DeploySpec Read(BodySyntax body)
    {
        var file = new BlockReader(new("", new(0, 0), [], body), MillGrammar.File, "", problems);
        var services = file.Children("service").ToList();
        var tasks = file.Children("task").ToList();
        if (services.Count + tasks.Count > MostWorkloads) problems.Add(services.Concat(tasks).ElementAt(MostWorkloads).Block.Type, $"A file has {MostWorkloads} services and tasks at most.");
        var spec = new DeploySpec
        {
            Services = [.. services.Select(Service)],
            Tasks = [.. tasks.Select(Task)],
            Registries = [.. file.Children("registry").Select(Registry)],
        };
        CheckNames(services, tasks);
        var known = spec.Services.GroupBy(service => service.Name, StringComparer.Ordinal).ToDictionary(same => same.Key, same => same.First(), StringComparer.Ordinal);
        foreach (var reader in services.Concat(tasks)) CheckServices(reader, known);
        if (problems.Count is 0 && known.Count == services.Count && DeployRules.CircleOf(spec) is { } circle) problems.Add(services.First(reader => reader.Label == circle[0]).Block.Labels[0].Span, DeployRules.Circular(circle));
        return spec;
    }

    private static ContainerNetwork NetworkOf(BlockReader reader) => reader.Choice("network") is "bridge" ? ContainerNetwork.Bridge : ContainerNetwork.Host;

    private void CheckNames(List<BlockReader> services, List<BlockReader> tasks)
    {
        foreach (var reader in services.Concat(tasks).Where(reader => reader.HasLabel && !WorkloadName.IsValid(reader.Label))) problems.Add(reader.Block.Labels[0].Span, $"This is no name. {WorkloadName.Rule}");
        var taken = services.Select(service => service.Label).ToHashSet(StringComparer.Ordinal);
        foreach (var task in tasks.Where(task => task.Label.Length > 0 && taken.Contains(task.Label))) task.Problem("has the name of a service.");
    }

    /// <summary>Whatever refers to a service refers to one that there is, and that listens.</summary>
    private void CheckServices(BlockReader reader, Dictionary<string, ServiceSpec> known)
    {
        foreach (var owner in reader.Children("env").Concat(reader.Children("secret_file")))
        {
            var attributes = owner.Block.Name is "env" ? owner.Attributes : owner.Attributes.Where(attribute => attribute.Name is "content");
            foreach (var attribute in attributes)
            {
                foreach (var part in AddressesIn(attribute)) CheckService(owner, attribute, part, known);
            }
        }
    }

    private static IEnumerable<TemplatePart> AddressesIn(AttributeSyntax attribute) =>
        attribute.Value is TextSyntax text ? new Template(text.Text).Parts.Where(part => part.Kind is TemplatePartKind.Address) : [];

    private void CheckService(BlockReader owner, AttributeSyntax attribute, TemplatePart part, Dictionary<string, ServiceSpec> known)
    {
        if (problems.IsFull) return;
        var place = BlockReader.PlaceOf(attribute, part);
        if (!known.TryGetValue(part.Text, out var service))
        {
            var closest = Model.Typos.Closest(part.Text, known.Keys);
            problems.Add(place, $"{owner.NameOf(attribute.Name)}: unknown service reference '{part.Text}'.{(closest is null ? "" : $" Did you mean {closest}?")}");
        }
        else if (service.Container.Port is null)
        {
            problems.Add(place, $"{owner.NameOf(attribute.Name)}: the service {part.Text} has no port, and so no address.");
        }
    }

    private ServiceSpec Service(BlockReader reader)
    {
        var replicas = reader.Whole("replicas") ?? 1;
        if (replicas is < 0 or > MostReplicas) reader.Problem("replicas", $"is from 0 to {MostReplicas}.");
        var container = Container(reader);
        if (container.Network is ContainerNetwork.Bridge && container.Port is null) reader.Problem("network", "bridge needs a port.");
        return new()
        {
            Name = reader.Label,
            Container = container,
            Replicas = replicas,
            Health = reader.Child("health") is { } health ? Health(health, container) : null,
            Update = Update(reader.Child("update") ?? NoBlock("update", reader)),
            Routes = [.. reader.Children("route").Select(route => Route(route, container))],
            PreDeploy = reader.Child("pre_deploy") is { } before ? Hook(before) : null,
            PostDeploy = reader.Child("post_deploy") is { } after ? Hook(after) : null,
        };
    }

    private TaskSpec Task(BlockReader reader)
    {
        var timeout = Positive(reader, "timeout");
        if (timeout > LongestTimeout) reader.Problem("timeout", "is 30d at most.");
        var schedule = reader.Text("schedule");
        if (schedule is not null && CronSchedule.WhyNot(schedule) is { } reason) reader.Problem("schedule", $"is no schedule: {reason}.");
        return new() { Name = reader.Label, Container = Container(reader), Timeout = timeout, Schedule = schedule };
    }

    private static RegistrySpec Registry(BlockReader reader)
    {
        // It is a part of a key, and images are compared with it.
        if (reader.HasLabel && !RegistrySpec.IsAddress(reader.Label)) reader.Problem("is no host: write it as images do, such as \"ghcr.io\" or \"registry.example.com:5000\".");
        return new(reader.Label, OfRegistry(reader, "username"), OfRegistry(reader, "password"));
    }

    /// <summary>Images are pulled before anything runs, so that no service has an address yet.</summary>
    private static Template OfRegistry(BlockReader reader, string key)
    {
        var template = reader.Template(key) ?? new("");
        if (template.Services.Any()) reader.Problem(key, "refers to a service; here, only secrets can be referred to.");
        return template;
    }

    private ContainerSpec Container(BlockReader reader)
    {
        var isService = reader.Path.StartsWith("service.", StringComparison.Ordinal);
        var image = reader.Text("image")?.Trim();
        if (image is "") reader.Problem("image", "is empty.");
        else if (image?.Any(char.IsWhiteSpace) is true) reader.Problem("image", "has a blank in it.");
        var cpu = reader.Number("cpu") ?? 0;
        if (cpu <= 0) reader.Problem("cpu", "must be greater than 0.");
        else if (cpu > MostCores) reader.Problem("cpu", $"is {MostCores} at most.");
        var port = isService ? reader.Whole("port") : null;
        var memory = reader.Size("memory") ?? 0;
        // Without a unit, bytes are meant: nobody means so few.
        if (memory is > 0 and < LeastMemory && reader.IsNumber("memory")) reader.Problem("memory", $"is counted in bytes without a unit: write \"{memory.ToString(CultureInfo.InvariantCulture)}M\".");
        else if (memory < LeastMemory) reader.Problem("memory", $"is {ByteSize.Format(LeastMemory)} at least.");
        if (port is <= 0) reader.Problem("port", "must be greater than 0.");
        else if (port > ushort.MaxValue) reader.Problem("port", $"is {ushort.MaxValue} at most.");
        var volumes = reader.Children("volume").Select(Volume).ToImmutableArray();
        CheckPaths(reader, volumes);
        return new()
        {
            Image = image ?? "",
            Command = reader.Command("command"),
            Port = port,
            Network = isService ? NetworkOf(reader) : ContainerNetwork.Host,
            Cpu = cpu,
            Memory = memory,
            Env = Env(reader.Child("env"), isTold: port is not null),
            SecretFiles = [.. reader.Children("secret_file").Select(SecretFile)],
            Volumes = volumes,
            Constraints = Constraints(reader.Child("constraints")),
            StopGrace = reader.Length("stop_grace") ?? default,
        };
    }

    /// <summary>What is mounted twice in one place hides the other.</summary>
    private static void CheckPaths(BlockReader reader, ImmutableArray<VolumeSpec> volumes)
    {
        var taken = reader.Children("secret_file").Select(file => file.Label).ToHashSet(StringComparer.Ordinal);
        foreach (var (volume, spec) in reader.Children("volume").Zip(volumes))
        {
            // A path that is none was told.
            if (spec.Path.Length > 0 && !taken.Add(spec.Path)) volume.Problem("path", "is that of another volume or file, too.");
        }
    }

    /// <param name="isTold">Mill tells it in PORT where to listen.</param>
    private ImmutableSortedDictionary<string, Template> Env(BlockReader? reader, bool isTold)
    {
        var env = ImmutableSortedDictionary.CreateBuilder<string, Template>(StringComparer.Ordinal);
        foreach (var attribute in reader?.Attributes ?? [])
        {
            if (!IsVariable(attribute.Name)) problems.Add(attribute.Key, "This is no name of a variable: it has letters, digits, _ and ., and begins with no digit.");
            else if (isTold && attribute.Name is "PORT") problems.Add(attribute.Key, $"{reader!.NameOf(attribute.Name)} is set by Mill, to the port that it has to listen on: leave it out. What has a port of its own needs network = \"bridge\" and port = …");
            else if (reader!.TemplateOf(attribute) is { } template) env[attribute.Name] = template;
        }
        return env.ToImmutable();
    }

    private static ImmutableSortedDictionary<string, string> Constraints(BlockReader? reader)
    {
        var constraints = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var attribute in reader?.Attributes ?? [])
        {
            if (reader!.TemplateOf(attribute) is not { } label) continue;
            if (label.Parts.All(part => part.Kind is TemplatePartKind.Literal)) constraints[attribute.Name] = string.Concat(label.Parts.Select(part => part.Text));
            else reader.Problem(attribute.Name, "is a text without references.");
        }
        return constraints.ToImmutable();
    }

    private static SecretFileSpec SecretFile(BlockReader reader)
    {
        if (reader.HasLabel && !IsPath(reader.Label)) reader.Problem("is no path: begin it with /, and leave out //, . and ..");
        var mode = reader.Text("mode") ?? "0400";
        if (mode.Length is not (3 or 4) || mode.AsSpan().ContainsAnyExceptInRange('0', '7') || (mode.Length is 4 && mode[0] is not '0')) reader.Problem("mode", "has three or four digits from 0 to 7, such as \"0400\".");
        return new(reader.Label, reader.Template("content") ?? new(""), mode) { Uid = Id(reader, "uid"), Gid = Id(reader, "gid") };
    }

    private static int Id(BlockReader reader, string key)
    {
        var id = reader.Whole(key) ?? 0;
        if (id < 0) reader.Problem(key, "is a number from 0.");
        return id;
    }

    private static VolumeSpec Volume(BlockReader reader)
    {
        var volume = new VolumeSpec(reader.Label, reader.Text("path") ?? "", reader.Size("size"), reader.Flag("ephemeral") ?? false);
        if (reader.HasLabel && !WorkloadName.IsValid(reader.Label)) reader.Problem($"is no name. {WorkloadName.Rule}");
        if (reader.Has("path") && !IsPath(volume.Path)) reader.Problem("path", "begins with /, without //, . and ..");
        if (volume is { IsEphemeral: false, Size: null } && !reader.Has("size")) reader.Problem("is kept, and so must have a size: write size = \"10Gi\", or ephemeral = true.");
        return volume;
    }

    private static RouteSpec Route(BlockReader reader, ContainerSpec container)
    {
        var route = new RouteSpec(reader.Label.ToLowerInvariant(), reader.Text("path") ?? "", reader.Flag("websocket") ?? false);
        if (reader.HasLabel && Uri.CheckHostName(route.Host) is not UriHostNameType.Dns) reader.Problem("is no host name.");
        if (reader.Has("path") && !route.Path.StartsWith('/')) reader.Problem("path", "must start with /.");
        if (container.Port is null) reader.Problem("needs a service with a port.");
        return route;
    }

    private static HealthSpec Health(BlockReader reader, ContainerSpec container)
    {
        var (path, command, isTcp) = (reader.Text("path"), reader.Command("command"), reader.Flag("tcp") ?? false);
        var kinds = (path is null ? 0 : 1) + (command is null ? 0 : 1) + (isTcp ? 1 : 0);
        if (kinds is 0 && !reader.Has("path") && !reader.Has("command")) reader.Problem("says nothing: write path = \"/…\", tcp = true, or command = [\"…\"].");
        else if (kinds > 1) reader.Problem("says more than one thing: path, tcp or command.");
        if (path is not null && !path.StartsWith('/')) reader.Problem("path", "must start with /.");
        if (command is null && container.Port is null) reader.Problem("needs a port, or a command.");
        var threshold = reader.Whole("failure_threshold") ?? 1;
        if (threshold < 1) reader.Problem("failure_threshold", "must be greater than 0.");
        return new()
        {
            Kind = command is not null ? HealthKind.Command : isTcp ? HealthKind.Tcp : HealthKind.Http,
            Path = path,
            Command = command,
            Interval = Positive(reader, "interval"),
            Timeout = Positive(reader, "timeout"),
            FailureThreshold = threshold,
            StartPeriod = reader.Length("start_period") ?? default,
        };
    }

    private static UpdateSpec Update(BlockReader reader)
    {
        var parallel = reader.Whole("max_parallel") ?? 1;
        if (parallel < 1) reader.Problem("max_parallel", "must be greater than 0.");
        return new()
        {
            MaxParallel = parallel,
            HealthyFor = reader.Length("healthy_for") ?? default,
            Deadline = Positive(reader, "deadline"),
            Drain = reader.Length("drain") ?? default,
            Order = reader.Choice("order") is "stop_first" ? UpdateOrder.StopFirst : UpdateOrder.StartFirst,
        };
    }

    private static HookSpec Hook(BlockReader reader) => new(reader.Command("command") ?? [], Positive(reader, "timeout"));

    private static TimeSpan Positive(BlockReader reader, string key)
    {
        var length = reader.Length(key) ?? default;
        if (length <= TimeSpan.Zero) reader.Problem(key, "must be greater than 0.");
        return length;
    }

    /// <summary>What shells and programs can read (POSIX.1-2024, 8.1), and the point, which the images of some take for their settings.</summary>
    private static bool IsVariable(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.');

    private static bool IsPath(string path) => path.Length > 1 && path[0] is '/' && path[1..].Split('/').All(segment => segment is not ("" or "." or "..")) && !path.AsSpan().ContainsAny('\0', ':', '\n');

    /// <summary>One that says nothing, so that the defaults count.</summary>
    private BlockReader NoBlock(string name, BlockReader parent) =>
        new(new(name, parent.Block.Type, [], new([], [])), MillGrammar.File.Blocks.First(rule => rule.Name is "service").Blocks.First(rule => rule.Name == name), parent.NameOf(name), problems);
}
