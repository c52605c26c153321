using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>Begins runs and lets them go on: by the schedule of the world, and where somebody plays a workflow, by a timer.</summary>
internal sealed class WorkflowPlayer(World world) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<ITimer> _timers = [];
    private readonly ConcurrentBag<Task> _played = [];

    /// <summary>Ends when nobody plays any more of those that have begun.</summary>
    public Task WhenPlayedAsync() => Task.WhenAll(_played);

    /// <summary>To be called within the lock.</summary>
    public void Take(FakeRepository repository, string eventType, JsonObject payload)
    {
        var runs = repository.Workflows.Where(workflow => workflow.EventTypes.Contains(eventType) && (workflow.Branch ?? repository.DefaultBranch) == repository.DefaultBranch)
            .Select(workflow => Begin(repository, workflow, eventType, payload)).ToList();
        world.Dispatches.Add(new(repository, eventType, payload, world.Now, runs.FirstOrDefault()));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (var timer in _timers) await timer.DisposeAsync().ConfigureAwait(false);
        await Task.WhenAll(_played).ConfigureAwait(false);
        _stop.Dispose();
    }

    private FakeRun Begin(FakeRepository repository, FakeWorkflow workflow, string eventType, JsonObject payload)
    {
        var run = new FakeRun(world, repository, workflow, RunTitle.Of(workflow, eventType, payload), world.Runs.Count(other => other.Repository == repository) + 1);
        world.Runs.Add(run);
        var sent = world.Now;
        var queued = sent + workflow.QueueDelay;
        var started = queued + workflow.StartDelay;
        var seen = new Dictionary<string, byte[]>(StringComparer.OrdinalIgnoreCase);
        world.At(queued, due =>
        {
            run.Become("queued", null, due);
            See(seen, repository.Inherited(isList: false).Take(100)); // of more than these a workflow sees none
            See(seen, repository.Secrets.Current.Values);
        });
        world.At(started, due =>
        {
            run.Become("in_progress", null, due);
            if (workflow.Environment is { } name && repository.FindEnvironment(name) is { } environment) See(seen, environment.Current.Values);
        });
        var job = new FakeWorkflowJob(repository, run, payload, seen);
        if (workflow.Play is null) Schedule(job, sent, started + workflow.RunTime);
        else if (started == sent) Play(job, workflow.Play, started);
        else _timers.Add(world.Options.Time.CreateTimer(_ => Play(job, workflow.Play, started), null, started - sent, Timeout.InfiniteTimeSpan));
        return run;
    }

    private void Play(FakeWorkflowJob job, Func<FakeWorkflowJob, CancellationToken, Task<bool>> play, DateTimeOffset started) => _played.Add(Task.Run(() => PlayAsync(job, play, started)));

    private void Schedule(FakeWorkflowJob job, DateTimeOffset sent, DateTimeOffset end)
    {
        var workflow = job.Run.Workflow;
        if (workflow is { SetsSecrets: true, Conclusion: "success" }) world.At(sent + workflow.SecretsAfter ?? end, due => Export(job, due));
        world.At(end, due => job.Run.Become("completed", workflow.Conclusion, due));
    }

    private async Task PlayAsync(FakeWorkflowJob job, Func<FakeWorkflowJob, CancellationToken, Task<bool>> play, DateTimeOffset started)
    {
        var isSuccess = false;
        try
        {
            // Timers may come a little early by the clock, and what is due before the job has to be done.
            while (world.Do(() => started - world.Now) is { Ticks: > 0 } early) await Task.Delay(early, world.Options.Time, _stop.Token).ConfigureAwait(false);
            isSuccess = await play(job, _stop.Token).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // whatever goes wrong in a workflow, its run has failed
        catch (Exception)
#pragma warning restore CA1031
        {
        }
        world.Do(() => job.Run.Become("completed", isSuccess ? "success" : "failure", world.Now));
    }

    private void Export(FakeWorkflowJob job, DateTimeOffset at)
    {
        var names = (job.Payload["secrets"] as JsonArray ?? []).Select(name => name?.ToString() ?? "").Append(job.Text("secret_name") ?? "").Distinct(StringComparer.OrdinalIgnoreCase);
        if (job.Text("target_repo") is not { } target || world.FindOwner(target.Split('/')[0])?.Repositories.FirstOrDefault(repository => repository.IsCalled(target[(target.IndexOf('/') + 1)..])) is not { } repository) return;
        var store = job.Text("target_environment") is { } environment ? repository.FindEnvironment(environment) : repository.Store(FakeStore.Actions);
        foreach (var name in names)
        {
            if (job.Secrets.TryGetValue(name, out var value)) store?.Write(name, value, at);
        }
    }

    private static void See(Dictionary<string, byte[]> seen, IEnumerable<FakeSecret> secrets)
    {
        foreach (var secret in secrets) seen[secret.Name] = secret.Value.ToArray();
    }
}
