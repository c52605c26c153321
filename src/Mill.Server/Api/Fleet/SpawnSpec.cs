using Mill.Client.Contracts;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Server.Api.Fleet;

/// <summary>What somebody asks to be run once.</summary>
internal static class SpawnSpec
{
    private const decimal UsualCpu = 0.25m;
    private const long UsualMemory = 256_000_000;

    private static readonly TimeSpan UsualTimeout = TimeSpan.FromHours(1);

    /// <summary>As that of the tasks of a file.</summary>
    private static readonly TimeSpan UsualGrace = TimeSpan.FromSeconds(30);

    /// <summary>Throws <see cref="MillError.InvalidRequest"/>, <see cref="MillError.InvalidSpec"/>, and <see cref="MillError.NotFound"/> for a task that is not there.</summary>
    public static TaskSpec Of(SpawnRequest request, FleetState fleet, TenantId tenant)
    {
        if (request.Task is null == request.Image is null) throw new MillException(MillError.InvalidRequest, "A task is started by its name, task, or from an image: exactly one of the two.");
        var spec = request.Task is { } name ? FromFile(request, name, fleet, tenant) : FromImage(request);
        return SpecRules.Demand(spec);
    }

    public static DeploySpec Alone(TaskSpec spec) => new() { Services = [], Tasks = [spec], Registries = [] };

    private static TaskSpec FromFile(SpawnRequest request, string name, FleetState fleet, TenantId tenant)
    {
        if (!fleet.Tasks.TryGetValue(name, out var task) || task.Tenant != tenant)
        {
            var closest = Typos.Closest(name, fleet.Tasks.Values.Where(one => one.Tenant == tenant).Select(one => one.Spec.Name));
            throw new MillException(MillError.NotFound, "There is no task with this name.") { Hint = closest is null ? "Tasks are deployed with services: mill deploy" : $"Did you mean {closest}?" };
        }
        if (request is not { Command: null, Cpu: null, Memory: null }) throw new MillException(MillError.InvalidRequest, "What a task of the file runs, and how much it may take, stands in the file.");
        var container = task.Spec.Container;
        var env = container.Env.ToDictionary(StringComparer.Ordinal);
        foreach (var (variable, text) in request.Env ?? new Dictionary<string, string>()) env[variable] = new(text);
        return task.Spec with { Container = container with { Env = env }, Timeout = TimeoutOf(request) ?? task.Spec.Timeout };
    }

    private static TaskSpec FromImage(SpawnRequest request) => new()
    {
        Name = SpecRules.Inline,
        Timeout = TimeoutOf(request) ?? UsualTimeout,
        Container = new()
        {
            Image = request.Image!,
            Command = request.Command,
            Network = ContainerNetwork.Host,
            Cpu = request.Cpu ?? UsualCpu,
            Memory = request.Memory is { } size ? ByteSize.Parse(size) ?? throw Wrong("memory", ByteSize.Rule) : UsualMemory,
            Env = (request.Env ?? new Dictionary<string, string>()).ToDictionary(variable => variable.Key, variable => new Template(variable.Value), StringComparer.Ordinal),
            SecretFiles = [],
            Volumes = [],
            Constraints = new Dictionary<string, string>(),
            StopGrace = UsualGrace,
        },
    };

    private static TimeSpan? TimeoutOf(SpawnRequest request) => request.Timeout is { } text ? Duration.Parse(text) is { } length && length > TimeSpan.Zero ? length : throw Wrong("timeout", Duration.Rule) : null;

    private static MillException Wrong(string member, string rule) => new(MillError.InvalidRequest, rule) { Problems = [new(MillError.InvalidRequest.ToCode(), rule, $"/{member}")] };
}
