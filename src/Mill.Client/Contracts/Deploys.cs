namespace Mill.Client.Contracts;

/// <summary>What a deploy would do.</summary>
public sealed record PlanResponse(IReadOnlyList<PlannedServiceItem> Services, IReadOnlyList<PlannedTaskItem> Tasks)
{
    /// <summary>The deploy that would be gone back to; null where it is no rollback.</summary>
    public int? BackTo { get; init; }
}

/// <summary>What would become of one service.</summary>
public sealed record PlannedServiceItem
{
    public required string Name { get; init; }

    /// <summary><c>add</c>, <c>change</c> (its containers are made anew), <c>adjust</c> (they are not), <c>remove</c> or <c>none</c>.</summary>
    public required string Kind { get; init; }

    public IReadOnlyList<DifferenceItem> Differences { get; init => field = value ?? []; } = [];

    /// <summary>The name of the node of each new replica.</summary>
    public IReadOnlyList<string> Nodes { get; init => field = value ?? []; } = [];

    /// <summary><c>stop_first</c> where each old replica ends before a new one starts in its place; null where a new one is healthy first.</summary>
    public string? Order { get; init; }

    /// <summary>Of a service that is added; null where it has none.</summary>
    public IReadOnlyList<PlannedRouteItem>? Routes { get; init; }

    /// <summary>Of a service that is added; null where it has none.</summary>
    public IReadOnlyList<PlannedVolumeItem>? Volumes { get; init; }

    /// <summary>Why the next replica has no place; null where all have one.</summary>
    public string? Unplaced { get; init; }
}

/// <summary>The requests from outside that a service is for.</summary>
/// <param name="Path">What their paths begin with.</param>
/// <param name="Served">False for as long as no node takes such requests: the route is kept, and does nothing yet.</param>
public sealed record PlannedRouteItem(string Host, string Path, bool Served);

/// <summary>A directory of a service.</summary>
/// <param name="Path">In the container.</param>
/// <param name="Size">In bytes; null for one that is not kept.</param>
/// <param name="Ephemeral">Empty whenever a container starts, and on its node only.</param>
public sealed record PlannedVolumeItem(string Name, string Path, long? Size, bool Ephemeral);

/// <summary>What would become of one task. See <see cref="PlannedServiceItem"/>.</summary>
public sealed record PlannedTaskItem
{
    public required string Name { get; init; }

    public required string Kind { get; init; }

    public IReadOnlyList<DifferenceItem> Differences { get; init => field = value ?? []; } = [];
}

/// <summary>One thing that is not the same.</summary>
/// <param name="Path">Such as <c>container.image</c>.</param>
/// <param name="Before">Null where it was not there.</param>
/// <param name="After">Null where it is not there any more.</param>
public sealed record DifferenceItem(string Path, string? Before, string? After);

/// <summary>The deploys that are remembered, newest first.</summary>
public sealed record DeployListResponse(IReadOnlyList<DeployResponse> Deploys);

/// <summary>One deploy, and how far it has come.</summary>
public sealed record DeployResponse
{
    public required int Number { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string By { get; init; }

    /// <summary><c>deploy</c>, <c>restart</c> or <c>rollback</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>The deploy that it goes back to.</summary>
    public int? BackTo { get; init; }

    public required DateTimeOffset StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary><c>running</c>, <c>done</c>, <c>failed</c> or <c>aborted</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>One for each service that changes, by name.</summary>
    public required IReadOnlyList<DeployStepItem> Steps { get; init; }
}

/// <summary>What becomes of one service in a deploy.</summary>
public sealed record DeployStepItem
{
    public required string Service { get; init; }

    /// <summary><c>add</c>, <c>change</c>, <c>adjust</c>, <c>remove</c> or <c>restart</c>.</summary>
    public required string Kind { get; init; }

    /// <summary><c>waiting</c>, <c>pulling</c>, <c>before</c>, <c>rolling</c>, <c>after</c>, <c>restoring</c>, <c>done</c> or <c>failed</c>.</summary>
    public required string Phase { get; init; }

    /// <summary>When that phase began.</summary>
    public required DateTimeOffset Since { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>What it waits for, where no node will do right now.</summary>
    public string? Waits { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>The last lines of the log of what failed, values of secrets masked.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    /// <summary>What this deploy has started for the service, hooks too, oldest first.</summary>
    public IReadOnlyList<DeployAllocItem> Allocs { get; init => field = value ?? []; } = [];
}

/// <summary>One container that a deploy has started.</summary>
public sealed record DeployAllocItem
{
    public required string Id { get; init; }

    /// <summary><c>service</c>, <c>hook</c>, or <c>pull</c>, where an image is fetched for what starts there later, and no container is made; null from a server that does not say.</summary>
    public string? Kind { get; init; }

    /// <summary>The name of the node.</summary>
    public required string Node { get; init; }

    /// <summary><c>pulling</c>, <c>starting</c>, <c>running</c>, <c>healthy</c>, <c>stopped</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }

    public string? Reason { get; init; }

    public PullItem? Pull { get; init; }
}

/// <summary>How much of an image is there, in bytes.</summary>
/// <param name="Total">As far as it is known yet.</param>
public sealed record PullItem(long Done, long Total);

/// <summary>Asks to go back to what an earlier deploy left behind.</summary>
public sealed record RollbackRequest
{
    /// <summary>The number of the deploy; left out: the last good one before what runs now.</summary>
    public int? To { get; init; }
}

/// <summary>Whether anything is started, moved or ended.</summary>
public sealed record FleetResponse(bool Paused);
