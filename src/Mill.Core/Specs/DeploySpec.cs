using System.Text.Json.Serialization;

namespace Mill.Core.Specs;

/// <summary>All that is to run, as a <c>.mill</c> file says it.</summary>
public sealed record DeploySpec
{
    public required IReadOnlyList<ServiceSpec> Services { get; init; }

    public required IReadOnlyList<TaskSpec> Tasks { get; init; }

    public required IReadOnlyList<RegistrySpec> Registries { get; init; }
}

/// <summary>What runs all the time, in one or several replicas.</summary>
public sealed record ServiceSpec
{
    public required string Name { get; init; }

    public required ContainerSpec Container { get; init; }

    public required int Replicas { get; init; }

    /// <summary>Null where a connection to the port has to do, or, without a port, that it runs.</summary>
    public HealthSpec? Health { get; init; }

    public required UpdateSpec Update { get; init; }

    public required IReadOnlyList<RouteSpec> Routes { get; init; }

    public HookSpec? PreDeploy { get; init; }

    public HookSpec? PostDeploy { get; init; }
}

/// <summary>What runs to its end, or to its timeout, once for every time that somebody asks for it, or by a schedule.</summary>
public sealed record TaskSpec
{
    public required string Name { get; init; }

    public required ContainerSpec Container { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>When it starts by itself, as cron has it, in UTC; null where it never does.</summary>
    public string? Schedule { get; init; }
}

/// <summary>A container, whatever it is for.</summary>
public sealed record ContainerSpec
{
    public required string Image { get; init; }

    /// <summary>In the place of what the image starts; null for that.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>On which it listens; null where it does not. On the network of the host it is told another in <c>PORT</c>.</summary>
    public int? Port { get; init; }

    public required ContainerNetwork Network { get; init; }

    /// <summary>In cores.</summary>
    public required decimal Cpu { get; init; }

    /// <summary>In bytes.</summary>
    public required long Memory { get; init; }

    /// <summary>By the name of the variable.</summary>
    public required IReadOnlyDictionary<string, Template> Env { get; init; }

    public required IReadOnlyList<SecretFileSpec> SecretFiles { get; init; }

    public required IReadOnlyList<VolumeSpec> Volumes { get; init; }

    /// <summary>The labels that a node has to have.</summary>
    public required IReadOnlyDictionary<string, string> Constraints { get; init; }

    /// <summary>Between being asked to end and being killed.</summary>
    public required TimeSpan StopGrace { get; init; }

    /// <summary>All secrets that it refers to, each once, in order.</summary>
    public IEnumerable<Model.SecretName> Secrets() => Templates().SelectMany(template => template.Secrets).Distinct().Order();

    /// <summary>All services whose address it refers to, each once, in order.</summary>
    public IEnumerable<string> Services() => Templates().SelectMany(template => template.Services).Distinct().Order(StringComparer.Ordinal);

    private IEnumerable<Template> Templates() => [.. Env.Values, .. SecretFiles.Select(file => file.Content)];
}

public enum ContainerNetwork
{
    /// <summary>That of the node. The container listens on <c>PORT</c>.</summary>
    Host,

    /// <summary>One of its own. The container listens on its port, and the node passes a port of its own on to it.</summary>
    Bridge,
}

/// <summary>A file that only memory holds.</summary>
/// <param name="Path">In the container.</param>
/// <param name="Mode">As <c>chmod</c> has it, in octal digits.</param>
public sealed record SecretFileSpec(string Path, Template Content, string Mode)
{
    /// <summary>Whose it is in the container: the number of a user.</summary>
    public int Uid { get; init; }

    /// <summary>The number of a group.</summary>
    public int Gid { get; init; }
}

/// <param name="Path">In the container.</param>
/// <param name="Size">In bytes; null for one that is not kept.</param>
/// <param name="IsEphemeral">Empty whenever a container starts.</param>
public sealed record VolumeSpec(string Name, string Path, long? Size, bool IsEphemeral);

/// <param name="Host">Of the requests that it is for.</param>
/// <param name="Path">What their paths begin with.</param>
public sealed record RouteSpec(string Host, string Path, bool IsWebSocket);

/// <summary>How somebody sees that a container does what it is for.</summary>
public sealed record HealthSpec
{
    public required HealthKind Kind { get; init; }

    /// <summary>Of a request that is answered with 2xx; null where it is no such check.</summary>
    public string? Path { get; init; }

    /// <summary>What ends with 0 in the container; null where it is no such check.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    public required TimeSpan Interval { get; init; }

    public required TimeSpan Timeout { get; init; }

    /// <summary>How many in a row have to fail.</summary>
    public required int FailureThreshold { get; init; }

    /// <summary>What fails this long after the start does not count.</summary>
    public required TimeSpan StartPeriod { get; init; }
}

public enum HealthKind
{
    Http,
    Tcp,
    Command,
}

/// <summary>How a new version takes the place of the old.</summary>
public sealed record UpdateSpec
{
    /// <summary>How many replicas at a time.</summary>
    public required int MaxParallel { get; init; }

    /// <summary>How long a new one has to stay healthy before the next.</summary>
    public required TimeSpan HealthyFor { get; init; }

    /// <summary>Until when a new one has to be healthy, from its start.</summary>
    public required TimeSpan Deadline { get; init; }

    /// <summary>Between taking an old one out of use, and asking it to end.</summary>
    public required TimeSpan Drain { get; init; }

    // Not written as what it usually is: so it was before there was another.
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public UpdateOrder Order { get; init; }
}

/// <summary>Whether old and new may run beside each other.</summary>
public enum UpdateOrder
{
    /// <summary>A new one is healthy before an old one ends.</summary>
    StartFirst,

    /// <summary>An old one has ended before a new one starts in its place.</summary>
    StopFirst,
}

/// <summary>What runs once before, or after, a service is deployed, in a container of its image.</summary>
public sealed record HookSpec(IReadOnlyList<string> Command, TimeSpan Timeout);

/// <summary>How images are pulled from one place.</summary>
/// <param name="Address">A host, perhaps with a port.</param>
public sealed record RegistrySpec(string Address, Template Username, Template Password)
{
    private const int MostOfAddress = 253;

    public static bool IsAddress(string text) =>
        text.Length is > 0 and <= MostOfAddress && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '_') && char.IsAsciiLetterOrDigit(text[0]);
}
