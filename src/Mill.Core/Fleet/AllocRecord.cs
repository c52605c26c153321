using System.Text.Json.Serialization;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Core.Fleet;

/// <summary>A container on a node: what it is to be, and what became of it. The node makes the one of the other, and says so.</summary>
public sealed record AllocRecord : StateRecord
{
    /// <summary>The name of what it is of, and a number that no other has.</summary>
    public required string Id { get; init; }

    /// <summary>The name of the service or the task.</summary>
    public required string Name { get; init; }

    public required AllocKind Kind { get; init; }

    public required TenantId Tenant { get; init; }

    public required NodeId Node { get; init; }

    /// <summary>See <see cref="ServiceRecord.Version"/>; 0 for a task.</summary>
    public required int Version { get; init; }

    public required ContainerSpec Container { get; init; }

    public HealthSpec? Health { get; init; }

    /// <summary>When it is ended, from its start; null for what has no end.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The deploy that made it; null where none did.</summary>
    public int? Deploy { get; init; }

    /// <summary>Who asked for it, where it is a task that somebody started.</summary>
    public string? By { get; init; }

    public required Timestamp CreatedAt { get; init; }

    public required AllocStatus Status { get; init; }

    /// <summary>When it was taken out of use, to end; null for as long as it is to run.</summary>
    public Timestamp? StopAskedAt { get; init; }

    /// <summary>How long what it has begun may take to come to its end, before it is asked to end; counted by its node, from when that hears of it: clocks differ.</summary>
    public TimeSpan? Drain { get; init; }

    /// <summary>Why it is to end.</summary>
    public string? StopReason { get; init; }

    /// <summary>Of the container that runs now.</summary>
    public Timestamp? StartedAt { get; init; }

    /// <summary>Since when it has been healthy without a break.</summary>
    public Timestamp? HealthyAt { get; init; }

    /// <summary>When it was last known to be healthy, however it is now; null where it never was.</summary>
    public Timestamp? LastHealthyAt { get; init; }

    public Timestamp? EndedAt { get; init; }

    /// <summary>Of the container that ended last.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Why it is not healthy, or why it ended.</summary>
    public string? Reason { get; init; }

    /// <summary>The last lines of its log, where something went wrong. Values of secrets are masked.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>How many times its container was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>Where it takes connections.</summary>
    public string? Address { get; init; }

    /// <summary>Of the secrets that its container got.</summary>
    public IReadOnlyDictionary<string, int>? SecretVersions { get; init; }

    /// <summary>Where its container was told that other services are, by their names.</summary>
    public IReadOnlyDictionary<string, string>? Addresses { get; init; }

    /// <summary>It ended because its node was lost, and for nothing of its own.</summary>
    public bool IsLost { get; init; }

    /// <summary>As it is remembered once it has ended: what it was given is of no use to anybody then, and may be large.</summary>
    [JsonIgnore]
    public AllocRecord Remembered => Container is { Env.Count: 0, SecretFiles.Count: 0 } ? this : this with { Container = Container with { Env = new Dictionary<string, Template>(), SecretFiles = [] } };

    [JsonIgnore]
    public bool IsTerminal => Status is AllocStatus.Stopped or AllocStatus.Failed;

    [JsonIgnore]
    public bool IsStopping => StopAskedAt is not null;

    /// <summary>It is to run, and has not ended.</summary>
    [JsonIgnore]
    public bool IsWanted => !IsTerminal && !IsStopping;
}

public enum AllocKind
{
    Service,
    Task,

    /// <summary>What runs once for a deploy.</summary>
    Hook,

    /// <summary>Nothing: an image is fetched, for what a deploy will start there.</summary>
    Pull,
}

/// <summary>From the first to the last, though a container that is started again goes back.</summary>
public enum AllocStatus
{
    /// <summary>The node has not taken it up, or fetches the image.</summary>
    Pulling,
    Starting,

    /// <summary>It runs; whether it does what it is for is not known, or not true.</summary>
    Running,
    Healthy,

    /// <summary>It has ended, as it should.</summary>
    Stopped,

    /// <summary>It has ended, or never begun, and not as it should.</summary>
    Failed,
}
