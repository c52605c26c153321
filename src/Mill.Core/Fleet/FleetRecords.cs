using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Core.Fleet;

/// <summary>The numbers that were given, so that none is given twice.</summary>
public sealed record FleetRecord : StateRecord
{
    /// <summary>Of the next deploy.</summary>
    public required int NextDeploy { get; init; }

    /// <summary>Of the next allocation.</summary>
    public required int NextAlloc { get; init; }

    /// <summary>Nothing is started, moved or ended: so it is after a restore, where what the backup says may run elsewhere.</summary>
    public bool IsPaused { get; init; }
}

/// <summary>A service that is to run.</summary>
public sealed record ServiceRecord : StateRecord
{
    /// <summary>Whose it is. Names are those of the whole cluster.</summary>
    public required TenantId Tenant { get; init; }

    public required ServiceSpec Spec { get; init; }

    /// <summary>Raised whenever its containers have to be made anew: an allocation of another version is outdated.</summary>
    public required int Version { get; init; }

    /// <summary>What it goes back to where the deploy that is at work fails; null where none is.</summary>
    public EarlierService? Previous { get; init; }

    /// <summary>The deploy that set it last.</summary>
    public required int Deploy { get; init; }
}

/// <summary>How a service was before a deploy.</summary>
public sealed record EarlierService(ServiceSpec Spec, int Version, int Deploy);

/// <summary>A task that somebody may start, or that a schedule starts.</summary>
public sealed record TaskRecord : StateRecord
{
    public required TenantId Tenant { get; init; }

    public required TaskSpec Spec { get; init; }

    /// <summary>Up to when its schedule was followed; null where it has none.</summary>
    public Timestamp? ScheduledTo { get; init; }

    /// <summary>Why it has not started though it is due; null where it is not.</summary>
    public string? Waits { get; init; }

    /// <summary>When it was due last, and was left out because the one before was still at work; null where that never was.</summary>
    public Timestamp? SkippedAt { get; init; }

    public required int Deploy { get; init; }
}

/// <summary>How images of one registry are pulled.</summary>
public sealed record RegistryRecord : StateRecord
{
    public required TenantId Tenant { get; init; }

    public required RegistrySpec Spec { get; init; }
}

/// <summary>What a node has to give, and whether it is given anything. Without this record, nothing runs there.</summary>
public sealed record NodeStateRecord : StateRecord
{
    public required NodeId Node { get; init; }

    /// <summary>In cores.</summary>
    public required decimal Cpu { get; init; }

    /// <summary>In bytes.</summary>
    public required long Memory { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Somebody wants it empty. Stays so whatever becomes of the node meanwhile.</summary>
    public bool IsDraining { get; init; }

    /// <summary>Who wants it empty; null where nobody does.</summary>
    public string? DrainBy { get; init; }

    /// <summary>Why it cannot run containers, though it lives; null where it can.</summary>
    public string? NotReady { get; init; }

    /// <summary>Nothing was heard of it for too long.</summary>
    public bool IsDown { get; init; }

    /// <summary>Since when it is as it is.</summary>
    public required Timestamp Since { get; init; }
}
