namespace Mill.Client.Contracts;

/// <summary>The services of a tenant, by name.</summary>
public sealed record ServiceListResponse(IReadOnlyList<ServiceResponse> Services);

/// <summary>One service, and what runs of it.</summary>
public sealed record ServiceResponse
{
    public required string Name { get; init; }

    public required string Image { get; init; }

    /// <summary>The number of the deploy that made it what it is.</summary>
    public required int Version { get; init; }

    public required ReplicasItem Replicas { get; init; }

    public required IReadOnlyList<AllocationItem> Allocations { get; init; }
}

/// <summary>How many there are to be, and how many do what they are for.</summary>
public sealed record ReplicasItem(int Desired, int Healthy);

/// <summary>One container of a service.</summary>
public sealed record AllocationItem
{
    public required string Id { get; init; }

    /// <summary>The name of the node.</summary>
    public required string Node { get; init; }

    /// <summary><c>pulling</c>, <c>starting</c>, <c>running</c>, <c>healthy</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>It was taken out of use, and comes to its end.</summary>
    public bool Stopping { get; init; }

    /// <summary>Where it takes connections: an IP address and a port.</summary>
    public string? Address { get; init; }

    /// <summary>What it may take, in cores.</summary>
    public required decimal Cpu { get; init; }

    /// <summary>What it may take, in bytes.</summary>
    public required long Memory { get; init; }

    /// <summary>Of the container that runs now.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How many times its container was started again.</summary>
    public int Restarts { get; init; }

    /// <summary>Why it is not healthy, or why it ended.</summary>
    public string? Reason { get; init; }

    /// <summary>The last lines of its log where something went wrong, values of secrets masked.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>See <see cref="ServiceResponse.Version"/>.</summary>
    public required int Version { get; init; }

    /// <summary>What it takes right now.</summary>
    public UsageItem? Usage { get; init; }

    /// <summary>The names of secrets that have another version by now than the one that its container got.</summary>
    public IReadOnlyList<string>? OutdatedSecrets { get; init; }

    /// <summary>The names of services that are somewhere else by now than where its container was told: nothing listens there any more.</summary>
    public IReadOnlyList<string>? OutdatedAddresses { get; init; }
}

/// <param name="Cpu">In cores.</param>
/// <param name="Memory">In bytes.</param>
public sealed record UsageItem(double Cpu, long Memory);

/// <summary>The tasks that can be started by their name, by name.</summary>
public sealed record TemplateListResponse(IReadOnlyList<TemplateItem> Templates)
{
    /// <summary>What became of tasks, by name: also of those that no file has. Null from a server that does not say.</summary>
    public IReadOnlyList<TaskTotalsItem>? Totals { get; init; }
}

/// <summary>The tasks of one name, counted.</summary>
public sealed record TaskTotalsItem
{
    /// <summary><c>run</c> for those that were started without a template.</summary>
    public required string Name { get; init; }

    /// <summary>How many have not ended.</summary>
    public required int Running { get; init; }

    /// <summary>How many were started within about a day: full hours.</summary>
    public required long StartedWithinDay { get; init; }

    /// <summary>How long those ran that have ended, in seconds; null where none has.</summary>
    public double? AverageSeconds { get; init; }
}

/// <summary>A task that somebody may start, or that a schedule starts.</summary>
public sealed record TemplateItem
{
    public required string Name { get; init; }

    public required string Image { get; init; }

    /// <summary>When it starts by itself, as cron has it, in UTC.</summary>
    public string? Schedule { get; init; }

    /// <summary>When that is next.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Such as <c>1h</c>.</summary>
    public required string Timeout { get; init; }

    /// <summary>When the last one was started that is remembered; null where there is none.</summary>
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>What became of it: see <see cref="TaskResponse.Status"/>.</summary>
    public string? LastStatus { get; init; }

    /// <summary>Why it ended as it did.</summary>
    public string? LastReason { get; init; }

    /// <summary>When it was due last, and was left out because the one before was still at work.</summary>
    public DateTimeOffset? SkippedAt { get; init; }

    /// <summary>Why it has not started though it is due; null where it is not.</summary>
    public string? Waits { get; init; }
}

/// <summary>Asks for a task to be started: one that has a name, or any image; exactly one of the two.</summary>
public sealed record SpawnRequest
{
    public string? Task { get; init; }

    public string? Image { get; init; }

    /// <summary>In the place of what the image starts.</summary>
    public IReadOnlyList<string>? Command { get; init; }

    /// <summary>In cores; left out: 0.25.</summary>
    public decimal? Cpu { get; init; }

    /// <summary>Such as <c>256M</c>, which is what it is where left out.</summary>
    public string? Memory { get; init; }

    /// <summary>Such as <c>10m</c>; left out: <c>1h</c>, or what the task says.</summary>
    public string? Timeout { get; init; }

    /// <summary>Variables, in addition to those of the task, or in their place. May refer to secrets: <c>${secret(NAME)}</c>.</summary>
    public IReadOnlyDictionary<string, string>? Env { get; init; }

    // A record prints its members; somebody may have put a password where a reference belongs.
    public override string ToString() => $"spawn {Task ?? Image}";
}

/// <summary>The tasks that run, or ran not long ago, newest first.</summary>
public sealed record TaskListResponse(IReadOnlyList<TaskResponse> Tasks);

/// <summary>One run of a task.</summary>
public sealed record TaskResponse
{
    public required string Id { get; init; }

    /// <summary>Of the task in the file; <c>run</c> for one that has none.</summary>
    public required string Name { get; init; }

    public required string Image { get; init; }

    /// <summary>The name of the node.</summary>
    public required string Node { get; init; }

    /// <summary><c>pulling</c>, <c>starting</c>, <c>running</c>, <c>stopped</c> (it ended as it should, or somebody ended it) or <c>failed</c>.</summary>
    public required string Status { get; init; }

    /// <summary>It was asked to end.</summary>
    public bool Stopping { get; init; }

    public string? Address { get; init; }

    /// <summary>What it may take, in cores.</summary>
    public required decimal Cpu { get; init; }

    /// <summary>What it may take, in bytes.</summary>
    public required long Memory { get; init; }

    /// <summary>Who started it; left out where its schedule did.</summary>
    public string? By { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public int? ExitCode { get; init; }

    public string? Reason { get; init; }

    /// <summary>The last lines of its log where something went wrong, values of secrets masked.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>What it takes right now.</summary>
    public UsageItem? Usage { get; init; }
}

/// <summary>The containers of a node.</summary>
public sealed record ContainersItem
{
    /// <summary><c>ready</c>, <c>not_ready</c>, <c>draining</c> or <c>down</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it cannot run containers right now.</summary>
    public string? Reason { get; init; }

    /// <summary>In cores.</summary>
    public required CpuItem Cpu { get; init; }

    /// <summary>In bytes.</summary>
    public required MemoryItem Memory { get; init; }

    /// <summary>How many have not ended.</summary>
    public required int Allocs { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>What is left on a node that is to be empty; null on any other.</summary>
    public IReadOnlyList<DrainWaitItem>? Waits { get; init; }
}

/// <param name="Alloc">The id of what has not ended yet.</param>
/// <param name="Reason">What it waits for.</param>
public sealed record DrainWaitItem(string Alloc, string Reason);

/// <param name="Used">What containers may take of it.</param>
public sealed record CpuItem(decimal Total, decimal Used);

/// <param name="Used">What containers may take of it.</param>
public sealed record MemoryItem(long Total, long Used);

/// <summary>A line that a container wrote; values of its secrets are masked.</summary>
/// <param name="Alloc">The id of the container: of an allocation, or a task.</param>
/// <param name="Node">The name of the node.</param>
/// <param name="Stream"><c>stdout</c> or <c>stderr</c>.</param>
public sealed record LogLineItem(DateTimeOffset Ts, string Alloc, string Node, string Stream, string Line);

/// <summary>Something about a log that is no line of it: that a container cannot be read at the moment, or again.</summary>
/// <param name="Alloc">The id of the container.</param>
/// <param name="Node">The name of the node.</param>
public sealed record LogNoticeItem(DateTimeOffset Ts, string Alloc, string Node, string Detail);
