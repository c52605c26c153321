using Mill.Core.Fleet;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Node.Agent;

/// <summary>Whether one container of a service does what it is for, from its start on.</summary>
internal sealed class AllocHealth(AllocRecord alloc, int restarts, AllocContainer container, AllocLog log, NodeParts parts, Action<Func<AllocReport, AllocReport>> tell)
{
    /// <summary>What never was healthy in all this time, beyond its start period, is not going to be.</summary>
    private static readonly TimeSpan FirstHealth = TimeSpan.FromMinutes(2);

    /// <summary>Between two looks at a container that has just started.</summary>
    private static readonly TimeSpan Impatient = TimeSpan.FromMilliseconds(100);

    /// <summary>Between two looks at one that takes longer, and between two commands.</summary>
    private static readonly TimeSpan Patient = TimeSpan.FromSeconds(1);

    /// <summary>For how long after its start it is impatient.</summary>
    private static readonly TimeSpan Impatience = TimeSpan.FromSeconds(10);

    /// <summary>Before it is said that one is not healthy yet: most are, soon.</summary>
    private static readonly TimeSpan FirstNews = TimeSpan.FromSeconds(2);

    /// <summary>Between two reports of why one is not healthy yet: every report is a commit.</summary>
    private static readonly TimeSpan NextNews = TimeSpan.FromSeconds(15);

    private TimeSpan _newsAt = FirstNews;

    /// <summary>Until it is not healthy any more, or not in time.</summary>
    /// <returns>Why it has to be started again.</returns>
    public async Task<string> WatchAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        if (alloc.Kind is not AllocKind.Service || (alloc.Health is null && container.Port is null))
        {
            // That it runs is all that can be known.
            if (alloc.Kind is AllocKind.Service) tell(report => report with { Status = AllocStatus.Healthy, Reason = null, LastLines = null });
            await Task.Delay(Timeout.InfiniteTimeSpan, parts.Time, cancellationToken).ConfigureAwait(false);
        }
        var health = alloc.Health ?? HealthProbe.Connects;
        try
        {
            return await WatchAsync(health, parts.Wakes.Begin(container.Id!), started, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            parts.Wakes.End(container.Id!);
        }
    }

    /// <param name="failures">Null for one that was not healthy yet.</param>
    private static TimeSpan Between(HealthSpec health, FailureStreak? failures, TimeSpan age)
    {
        var wanted = health.Kind is HealthKind.Command || age > Impatience ? Patient : Impatient;
        var pause = failures?.Due ?? (health.Interval < wanted ? health.Interval : wanted);
        return pause > Impatient ? pause : Impatient;
    }

    private async Task<string> WatchAsync(HealthSpec health, Bell bell, DateTimeOffset started, CancellationToken cancellationToken)
    {
        var probe = new HealthProbe(health, container.Host, container.Port, container.Id!, parts.Docker, parts.Http, parts.Time, alloc.Container.Network is ContainerNetwork.Host);
        // One that was taken up was healthy before.
        var isHealthy = container.IsAdopted && alloc.Status is AllocStatus.Healthy && restarts == alloc.Restarts;
        var failures = new FailureStreak(health.Interval, parts.Time);
        while (true)
        {
            var (isKnown, reason) = await LookAsync(probe, cancellationToken).ConfigureAwait(false);
            var age = parts.Time.GetUtcNow() - started;
            if (isKnown)
            {
                if (reason is null)
                {
                    failures.End();
                    isHealthy = true;
                    tell(report => report with { Status = AllocStatus.Healthy, Reason = null, LastLines = null });
                }
                else
                {
                    failures.Add();
                    if (!isHealthy) TellWhyNot(log.Clean(reason), age);
                }
                if (isHealthy && failures.Count >= health.FailureThreshold) return $"{alloc.Id} is not healthy any more: {reason}";
                if (!isHealthy && age > health.StartPeriod + FirstHealth) return $"{alloc.Id} did not become healthy: {reason}";
            }
            await bell.WaitAsync(Pause.Timer(Between(health, isHealthy ? failures : null, age)), parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>While the Engine is away, or knows nothing of a command that it was to run before it went, nothing is known, and nothing counts.</summary>
    private static async Task<(bool IsKnown, string? Reason)> LookAsync(HealthProbe probe, CancellationToken cancellationToken)
    {
        try
        {
            return (true, await probe.LookAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (MillException e) when (e.Error is MillError.EngineUnavailable or MillError.NotFound)
        {
            return (false, null);
        }
    }

    private void TellWhyNot(string reason, TimeSpan age)
    {
        if (age < _newsAt) return;
        _newsAt = age + NextNews;
        tell(report => report with { Reason = reason, LastLines = log.Last });
    }
}
