using System.Globalization;
using Mill.Core.Fleet;
using Mill.Core.Model;
using Mill.Core.Specs;
using Mill.Node.Docker;
using Mill.Secrets;
using Mill.Secrets.Redaction;

namespace Mill.Node.Agent;

/// <summary>The life of one container of an allocation.</summary>
/// <param name="restarts">How many there were before it.</param>
/// <param name="tell">Takes what is new of the allocation.</param>
internal sealed class AllocLife(AllocRecord alloc, int restarts, NodeParts parts, Action<Func<AllocReport, AllocReport>> tell) : IDisposable
{
    /// <summary>What never was healthy in all this time, beyond its start period, is not going to be.</summary>
    private static readonly TimeSpan FirstHealth = TimeSpan.FromMinutes(2);

    /// <summary>Between two looks at a container that has just started.</summary>
    private static readonly TimeSpan Impatient = TimeSpan.FromMilliseconds(100);

    /// <summary>For the last lines of what has ended.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private SecretRedactor? _redactor;
    private AllocLog _log = new(null);
    private int? _port;

    /// <summary>Of the container; null before it was made.</summary>
    public string? Id { get; private set; }

    /// <summary>
    /// From its start, or from where it is found, to its end. Where it is to end, that is seen to before <see cref="OperationCanceledException"/> comes; where only the agent ends, the container goes on.
    /// </summary>
    /// <param name="existing">The id of one that is there already.</param>
    public async Task<LifeEnd> RunAsync(string? existing, CancellationToken work, CancellationToken shutdown)
    {
        var end = new LifeEnd(null, null, null);
        var hasStarted = false;
        try
        {
            var started = existing is null ? await StartAsync(work).ConfigureAwait(false) : await AdoptAsync(existing, work).ConfigureAwait(false);
            hasStarted = true;
            return end = await WatchAsync(started, work).ConfigureAwait(false);
        }
        catch (MillException e)
        {
            return end = new(e.Message, null, _log.Last) { HasStarted = hasStarted, IsEngine = e.Error is MillError.EngineUnavailable };
        }
        finally
        {
            if (!shutdown.IsCancellationRequested && !end.IsEngine) await EndAsync(shutdown).ConfigureAwait(false);
        }
    }

    public void Dispose() => _redactor?.Dispose();

    private async Task<DateTimeOffset> StartAsync(CancellationToken cancellationToken)
    {
        var spec = alloc.Container;
        var fleet = await parts.Fleet(cancellationToken).ConfigureAwait(false);
        if (await parts.Docker.FindImageAsync(spec.Image, cancellationToken).ConfigureAwait(false) is null) await PullAsync(fleet, cancellationToken).ConfigureAwait(false);
        tell(report => report with { Status = AllocStatus.Starting });
        _port = spec.Port is null ? null : parts.Ports.Take();
        using var env = await ContainerEnv.ResolveAsync(alloc, spec.Network is ContainerNetwork.Bridge ? spec.Port : _port, fleet, parts.Vault, cancellationToken).ConfigureAwait(false);
        Mask(env.Values);
        var request = new ContainerRequest(alloc, env.Env) { Port = _port, Restarts = restarts, Binds = parts.Files.Prepare(alloc, env) };
        // One of the same name is what became of a request whose answer was lost.
        await parts.Docker.RemoveAsync(request.Name, cancellationToken).ConfigureAwait(false);
        Id = await parts.Docker.CreateAsync(request, cancellationToken).ConfigureAwait(false);
        await parts.Docker.StartAsync(Id, cancellationToken).ConfigureAwait(false);
        var now = parts.Time.GetUtcNow();
        var versions = env.Versions;
        tell(report => report with { Status = AllocStatus.Running, StartedAt = Timestamp.From(now), Address = Address(), SecretVersions = versions, Restarts = restarts });
        return now;
    }

    private async Task PullAsync(FleetState fleet, CancellationToken cancellationToken)
    {
        tell(report => report with { Status = AllocStatus.Pulling });
        var registry = ImageName.Parse(alloc.Container.Image).Registry;
        if (fleet.Registries.GetValueOrDefault(new RegistryKey(alloc.Tenant, registry).Id) is not { } record)
        {
            await parts.Docker.PullAsync(alloc.Container.Image, null, null, cancellationToken).ConfigureAwait(false);
            return;
        }
        using var login = await ContainerEnv.LoginAsync(alloc, record.Spec, parts.Vault, cancellationToken).ConfigureAwait(false);
        await parts.Docker.PullAsync(alloc.Container.Image, login, null, cancellationToken).ConfigureAwait(false);
    }

    private async Task<DateTimeOffset> AdoptAsync(string existing, CancellationToken cancellationToken)
    {
        Id = existing;
        var container = await parts.Docker.InspectAsync(existing, cancellationToken).ConfigureAwait(false);
        if (container.Config?.Labels?.GetValueOrDefault(ContainerRequest.HostPort) is { } port && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            _port = number;
            parts.Ports.Reserve(number);
        }
        await RememberAsync(cancellationToken).ConfigureAwait(false);
        var started = container.State.StartedAt ?? parts.Time.GetUtcNow();
        tell(report => report with { Status = alloc.Status is AllocStatus.Healthy ? AllocStatus.Healthy : AllocStatus.Running, StartedAt = Timestamp.From(started), Address = Address(), Restarts = restarts });
        return started;
    }

    /// <summary>The values that it was given, to mask them.</summary>
    private async Task RememberAsync(CancellationToken cancellationToken)
    {
        var readings = await ContainerEnv.RememberAsync(alloc, parts.Vault, cancellationToken).ConfigureAwait(false);
        if (readings is null) return;
        Mask(readings.Select(reading => reading.Value));
        foreach (var reading in readings) reading.Dispose();
    }

    private void Mask(IEnumerable<SecretValue> values)
    {
        _redactor = SecretRedactor.Of(values);
        _log = new(_redactor);
    }

    private string? Address() => _port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{parts.Address}:{port}") : null;

    /// <summary>To its end, or to where it has to be ended: it does not do what it is for, or its time is up.</summary>
    private async Task<LifeEnd> WatchAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        using var life = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var exit = parts.Docker.WaitAsync(Id!, life.Token);
        var logs = FollowAsync(life.Token);
        var health = HealthAsync(started, life.Token);
        var timeout = TimeoutAsync(started, life.Token);
        try
        {
            var first = await Task.WhenAny(exit, health, timeout).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (first == health) return new(await health.ConfigureAwait(false), null, _log.Last);
            if (first == timeout) return new(await timeout.ConfigureAwait(false), null, _log.Last);
            await exit.ConfigureAwait(false);
            await Task.WhenAny(logs, Task.Delay(LastWords, parts.Time, life.Token)).ConfigureAwait(false);
            return await EndOfAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            await life.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(Quiet(exit), Quiet(logs), Quiet(health), Quiet(timeout)).ConfigureAwait(false);
        }
    }

    private async Task<LifeEnd> EndOfAsync(CancellationToken cancellationToken)
    {
        var state = (await parts.Docker.InspectAsync(Id!, cancellationToken).ConfigureAwait(false)).State;
        if (state.OOMKilled) return new($"{alloc.Id} took more than its {ByteSize.Format(alloc.Container.Memory)} of memory, and was ended", state.ExitCode, _log.Last);
        return new(state.ExitCode is 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{alloc.Id} ended with exit code {state.ExitCode}"), state.ExitCode, _log.Last);
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var line in parts.Docker.LogsAsync(Id!, null, follow: true, cancellationToken).ConfigureAwait(false)) _log.Add(line);
        }
        catch (Exception e) when (e is MillException or IOException or HttpRequestException)
        {
            // What is known of its last lines has to do.
        }
    }

    /// <summary>Why it has to be started again.</summary>
    private async Task<string> HealthAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        if (alloc.Kind is not AllocKind.Service || (alloc.Health is null && _port is null))
        {
            // That it runs is all that can be known.
            if (alloc.Kind is AllocKind.Service) tell(report => report with { Status = AllocStatus.Healthy, Reason = null });
            await Task.Delay(Timeout.InfiniteTimeSpan, parts.Time, cancellationToken).ConfigureAwait(false);
        }
        var health = alloc.Health ?? HealthProbe.Connects;
        var probe = new HealthProbe(health, _port, Id!, parts.Docker, parts.Http, parts.Time);
        // One that was taken up was healthy before.
        var (isHealthy, failures) = (alloc.Status is AllocStatus.Healthy && restarts == alloc.Restarts, 0);
        while (true)
        {
            var reason = await probe.LookAsync(cancellationToken).ConfigureAwait(false);
            failures = reason is null ? 0 : failures + 1;
            if (reason is null) isHealthy = true;
            if (isHealthy && failures is 0) tell(report => report with { Status = AllocStatus.Healthy, Reason = null });
            // What is no news is not told: every report is a commit.
            else if (!isHealthy) tell(report => report.Reason == reason ? report : report with { Reason = reason, LastLines = _log.Last });
            if (isHealthy && failures >= health.FailureThreshold) return $"{alloc.Id} is not healthy any more: {reason}";
            if (!isHealthy && parts.Time.GetUtcNow() - started > health.StartPeriod + FirstHealth) return $"{alloc.Id} did not become healthy: {reason}";
            await Task.Delay(isHealthy || health.Interval < Impatient ? health.Interval : Impatient, parts.Time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<string> TimeoutAsync(DateTimeOffset started, CancellationToken cancellationToken)
    {
        var left = alloc.Timeout is { } timeout ? started + timeout - parts.Time.GetUtcNow() : Timeout.InfiniteTimeSpan;
        if (left > TimeSpan.Zero || left == Timeout.InfiniteTimeSpan) await Task.Delay(left, parts.Time, cancellationToken).ConfigureAwait(false);
        return $"{alloc.Id} had not ended after {Duration.Format(alloc.Timeout!.Value)}";
    }

    /// <summary>Asks it to end, ends it where it does not, and clears up behind it.</summary>
    private async Task EndAsync(CancellationToken shutdown)
    {
        if (Id is { } id)
        {
            while (!await TryEndAsync(id, shutdown).ConfigureAwait(false)) await Task.Delay(TimeSpan.FromSeconds(1), parts.Time, shutdown).ConfigureAwait(false);
        }
        if (_port is { } port) parts.Ports.Return(port);
        parts.Files.Remove(alloc.Id);
    }

    private async Task<bool> TryEndAsync(string id, CancellationToken shutdown)
    {
        try
        {
            using var grace = CancellationTokenSource.CreateLinkedTokenSource(shutdown);
            await parts.Docker.SignalAsync(id, "SIGTERM", shutdown).ConfigureAwait(false);
            var exit = parts.Docker.WaitAsync(id, grace.Token);
            await Task.WhenAny(exit, Task.Delay(alloc.Container.StopGrace, parts.Time, grace.Token)).ConfigureAwait(false);
            await grace.CancelAsync().ConfigureAwait(false);
            await Quiet(exit).ConfigureAwait(false);
            // Kills what still runs.
            await parts.Docker.RemoveAsync(id, shutdown).ConfigureAwait(false);
            return true;
        }
        catch (MillException e)
        {
            return e.Error is MillError.NotFound;
        }
    }

    private static async Task Quiet(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or MillException)
        {
            // Whoever needed to know was told.
        }
    }
}

/// <summary>How the life of one container came to its end.</summary>
/// <param name="Reason">What was wrong; null where it ended by itself, and well.</param>
internal sealed record LifeEnd(string? Reason, int? ExitCode, IReadOnlyList<string>? LastLines)
{
    public bool HasStarted { get; init; } = true;

    /// <summary>The Engine could not be reached: nothing is known.</summary>
    public bool IsEngine { get; init; }
}
