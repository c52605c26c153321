using System.Text.Json.Serialization;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Core.Fleet;

/// <summary>One deploy: what was asked for, and how far it has come. At most one of a tenant is at work.</summary>
public sealed record DeployRecord : StateRecord
{
    public required int Number { get; init; }

    /// <summary>Who asked for it.</summary>
    public required string By { get; init; }

    public required TenantId Tenant { get; init; }

    public required DeployKind Kind { get; init; }

    public required Timestamp StartedAt { get; init; }

    public Timestamp? EndedAt { get; init; }

    /// <summary>All that was asked to run; null for what does not change that.</summary>
    public DeploySpec? Spec { get; init; }

    /// <summary>All that runs since it is over, where that is not what was asked for: what failed is as it was.</summary>
    public DeploySpec? Outcome { get; init; }

    /// <summary>Who wanted it to stop and go back; null where nobody did.</summary>
    public string? AbortedBy { get; init; }

    /// <summary>What it asks for ran already when it began: nobody needs it to go back to.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ChangesNothing { get; init; }

    /// <summary>The deploy that it goes back to; null for another kind.</summary>
    public int? BackTo { get; init; }

    /// <summary>One for each service that changes, by name.</summary>
    public required IReadOnlyList<DeployStep> Steps { get; init; }

    /// <summary>What it left: what was asked for, or what came of it; null for what does not change that.</summary>
    [JsonIgnore]
    public DeploySpec? Result => Outcome ?? Spec;

    [JsonIgnore]
    public bool IsOver => EndedAt is not null;

    /// <summary>Whether it is about a service of that name, or will be.</summary>
    public bool Names(string service) => Steps.Any(step => step.Service == service) || Spec?.Services.Any(one => one.Name == service) is true;

    /// <summary>It ended well, and says what is to run: one can go back to it.</summary>
    [JsonIgnore]
    public bool IsTarget => IsOver && Spec is not null && !ChangesNothing && !HasFailed;

    [JsonIgnore]
    public bool HasFailed => IsOver && Steps.Any(step => step.Phase is StepPhase.Failed);
}

public enum DeployKind
{
    Deploy,
    Restart,
    Rollback,
}

/// <summary>What becomes of one service in a deploy.</summary>
public sealed record DeployStep(string Service, StepKind Kind, StepPhase Phase)
{
    /// <summary>Its image is where it will be needed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsPulled { get; init; }

    /// <summary>When its phase began.</summary>
    public Timestamp Since { get; init; }

    /// <summary>The allocation of the hook that is at work.</summary>
    public string? Hook { get; init; }

    /// <summary>What it waits for, where no node will do right now; as it was when that began.</summary>
    public string? Waits { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Reason { get; init; }

    /// <summary>The last lines of the log of what failed.</summary>
    public IReadOnlyList<string>? LastLines { get; init; }

    public Timestamp? EndedAt { get; init; }

    [JsonIgnore]
    public bool IsOver => Phase is StepPhase.Done or StepPhase.Failed;
}

public enum StepKind
{
    Add,

    /// <summary>Its containers are made anew.</summary>
    Change,

    /// <summary>Only what needs no new containers changes: how many there are, routes, how it is updated.</summary>
    Adjust,
    Remove,

    /// <summary>The same containers anew.</summary>
    Restart,
}

public enum StepPhase
{
    /// <summary>It waits for the services that it refers to.</summary>
    Waiting,

    /// <summary>Its image is fetched where it will be needed. Nothing that runs was touched.</summary>
    Pulling,
    Before,
    Rolling,
    After,

    /// <summary>It failed, and what was before is being restored.</summary>
    Restoring,
    Done,

    /// <summary>It is as it was before.</summary>
    Failed,
}
