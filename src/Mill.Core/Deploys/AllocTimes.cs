using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;

namespace Mill.Core.Deploys;

/// <summary>What the time says of an allocation.</summary>
internal sealed class AllocTimes(FleetDraft draft)
{
    /// <summary>A large image on a slow line.</summary>
    public static readonly TimeSpan PullDeadline = TimeSpan.FromMinutes(15);

    /// <summary>What nobody looks at has to run for so long: what ends at once has run, too.</summary>
    private static readonly TimeSpan UncheckedFor = TimeSpan.FromSeconds(5);

    /// <summary>Its tenant cannot deploy meanwhile.</summary>
    private static readonly TimeSpan MostOfRoll = TimeSpan.FromHours(12);

    /// <summary>For a node that is slow to say what came of it.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(1);

    /// <summary>It is healthy, and has been for as long as it has to be.</summary>
    public bool IsGood(AllocRecord alloc, UpdateSpec update) => alloc is { Status: AllocStatus.Healthy, HealthyAt: { } at } && draft.HasCome(at + HealthyFor(alloc, update));

    /// <summary>Until when it has to be good.</summary>
    public static Timestamp DeadlineOf(AllocRecord alloc, UpdateSpec update) =>
        alloc.StartedAt is { } started ? started + LengthOf(alloc, update) + HealthyFor(alloc, update) : alloc.CreatedAt + PullDeadline;

    /// <summary>How long it may take to become healthy, from its start.</summary>
    public static TimeSpan LengthOf(AllocRecord alloc, UpdateSpec update) => update.Deadline + (alloc.Health?.StartPeriod ?? TimeSpan.Zero);

    /// <summary>It should have ended long ago. Its node may not be able to say so, and nothing waits for it any more.</summary>
    public bool IsOverdue(AllocRecord alloc) =>
        alloc.StopAskedAt is { } asked ? draft.HasCome(asked + (alloc.Drain ?? TimeSpan.Zero) + alloc.Container.StopGrace + Slack)
            : alloc.Timeout is { } timeout && draft.HasCome((alloc.StartedAt ?? alloc.CreatedAt + PullDeadline) + timeout + alloc.Container.StopGrace + Slack);

    /// <summary>What a whole roll may take at most, however it goes: as long as every wave may, and half a day where that is more; two waves it may take in any case.</summary>
    public static TimeSpan LongestRoll(ServiceSpec spec)
    {
        var wave = PullDeadline + spec.Update.Deadline + (spec.Health?.StartPeriod ?? TimeSpan.Zero) + spec.Update.HealthyFor + UncheckedFor + spec.Update.Drain + spec.Container.StopGrace + Slack;
        var waves = 1 + ((spec.Replicas + spec.Update.MaxParallel - 1) / spec.Update.MaxParallel);
        return waves * wave > MostOfRoll ? TimeSpan.FromTicks(Math.Max(MostOfRoll.Ticks, 2 * wave.Ticks)) : waves * wave;
    }

    private static TimeSpan HealthyFor(AllocRecord alloc, UpdateSpec update) =>
        alloc is { Health: null, Container.Port: null } && update.HealthyFor < UncheckedFor ? UncheckedFor : update.HealthyFor;
}
