using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Mill.Client.Contracts;
using Mill.Client.Http;
using Mill.Client.Watching;
using Mill.Secrets;

namespace Mill.Client;

/// <content>What runs: services, tasks, deploys and logs.</content>
public sealed partial class MillClient
{
    /// <summary>What a deploy of a <c>.mill</c> file would do. Throws <see cref="MillError.InvalidSpec"/> or <see cref="MillError.UnresolvedReferences"/> with everything that is wrong.</summary>
    /// <param name="spec">The text of the file.</param>
    /// <param name="file">How messages call it.</param>
    public async Task<PlanResponse> PlanAsync(string spec, string? file = null, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.With(Targets.Plan, ("file", file))) { Body = TextBody(spec), IsReadOnly = true };
        return await _transport.SendAsync<PlanResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins to make what runs as a <c>.mill</c> file says. Throws as <see cref="PlanAsync"/>, and <see cref="MillError.DeployInProgress"/>.</summary>
    /// <param name="spec">The text of the file.</param>
    /// <param name="file">How messages call it.</param>
    public async Task<DeployResponse> DeployAsync(string spec, string? file = null, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.With(Targets.Deploys, ("file", file))) { Body = TextBody(spec), IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<DeployResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Those that are remembered, newest first.</summary>
    public Task<DeployListResponse> ListDeploysAsync(CancellationToken cancellationToken = default) => GetAsync<DeployListResponse>(Targets.Deploys, cancellationToken);

    public Task<DeployResponse> GetDeployAsync(int number, CancellationToken cancellationToken = default) => GetAsync<DeployResponse>(Targets.Deploy(number), cancellationToken);

    /// <summary>
    /// A deploy as it is, and again whenever it changed; the last one is how it ended. A lost connection is taken up again. Throws <see cref="MillError.Unreachable"/> only when the first
    /// connection fails, and any refusal whenever it comes.
    /// </summary>
    /// <param name="connection">Told whenever the connection is made or lost.</param>
    public async IAsyncEnumerable<DeployResponse> FollowDeployAsync(int number, Action<WatchState>? connection = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var events = new EventStream<DeployResponse>(_transport, Targets.Deploy(number) + "/events", static (type, data) => type is "progress" or "done" ? Body.Read<DeployResponse>(data) : null);
        var backoff = new Backoff(_transport.Options.Time);
        for (var isFirst = true; ; isFirst = false)
        {
            if (await events.OpenAsync(isFirst, cancellationToken).ConfigureAwait(false) is { } response)
            {
                using var _ = response;
                connection?.Invoke(WatchState.Connected);
                await foreach (var item in events.ReadAsync(response, cancellationToken).ConfigureAwait(false))
                {
                    backoff.Reset();
                    if (item.Data is not { } deploy) continue;
                    yield return deploy;
                    if (item.EventType is "done") yield break;
                }
                connection?.Invoke(WatchState.Lost);
            }
            await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Has a deploy that is at work go back to what was before it.</summary>
    public Task<DeployResponse> AbortDeployAsync(int number, CancellationToken cancellationToken = default) => PostAsync<DeployResponse>(Targets.Deploy(number) + "/abort", cancellationToken);

    /// <summary>What going back would do, and to which deploy. Throws as <see cref="RollBackAsync"/>.</summary>
    /// <param name="to">Null for the last good one before what runs now.</param>
    public Task<PlanResponse> PlanRollbackAsync(int? to = null, CancellationToken cancellationToken = default) => GetAsync<PlanResponse>(Targets.With(Targets.Rollback, ("to", to?.ToString(CultureInfo.InvariantCulture))), cancellationToken);

    /// <summary>Begins to go back to what an earlier deploy left behind. Throws <see cref="MillError.NotFound"/> where there is none, and <see cref="MillError.DeployInProgress"/>.</summary>
    /// <param name="to">Null for the last good one before what runs now.</param>
    public async Task<DeployResponse> RollBackAsync(int? to = null, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.Rollback) { Body = Body.Write(new RollbackRequest { To = to }), IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<DeployResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins to make the containers of a service anew, with the values that its secrets have now.</summary>
    public Task<DeployResponse> RestartServiceAsync(string name, CancellationToken cancellationToken = default) => PostAsync<DeployResponse>(Targets.Service(name) + "/restart", cancellationToken);

    /// <param name="all">With what has ended.</param>
    public Task<ServiceListResponse> ListServicesAsync(bool all = false, CancellationToken cancellationToken = default) => GetAsync<ServiceListResponse>(Targets.With(Targets.Services, All(all)), cancellationToken);

    /// <param name="all">With what has ended.</param>
    public Task<ServiceResponse> GetServiceAsync(string name, bool all = false, CancellationToken cancellationToken = default) =>
        GetAsync<ServiceResponse>(Targets.With(Targets.Service(name), All(all)), cancellationToken);

    /// <summary>The tasks that can be started by their name.</summary>
    public Task<TemplateListResponse> ListTemplatesAsync(CancellationToken cancellationToken = default) => GetAsync<TemplateListResponse>(Targets.Templates, cancellationToken);

    /// <summary>Starts a task. Throws <see cref="MillError.NoRoom"/> where no node will do.</summary>
    public async Task<TaskResponse> SpawnAsync(SpawnRequest request, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Post, Targets.Tasks) { Body = Body.Write(request), IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<TaskResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <param name="all">With what has ended.</param>
    public Task<TaskListResponse> ListTasksAsync(bool all = false, CancellationToken cancellationToken = default) => GetAsync<TaskListResponse>(Targets.With(Targets.Tasks, All(all)), cancellationToken);

    public Task<TaskResponse> GetTaskAsync(string id, CancellationToken cancellationToken = default) => GetAsync<TaskResponse>(Targets.RunningTask(id), cancellationToken);

    /// <summary>Asks a task to end; one that has ended stays as it is.</summary>
    public async Task<TaskResponse> KillTaskAsync(string id, CancellationToken cancellationToken = default)
    {
        using var call = new Call(HttpMethod.Delete, Targets.RunningTask(id)) { IdempotencyKey = Call.NewKey() };
        return await _transport.SendAsync<TaskResponse>(call, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// What containers wrote, of all nodes, in the order of time. Throws <see cref="MillError.NotFound"/> for a name that has no log, and <see cref="MillError.Unreachable"/> where the connection is
    /// not made, or lost.
    /// </summary>
    /// <param name="name">Of a service, or the id of a task or an allocation; null for all services.</param>
    /// <param name="follow">Go on with what they write from now on, without end.</param>
    /// <param name="tail">How many of the last lines; null for 200.</param>
    /// <param name="notice">Told what is no line: that a container cannot be read at the moment, or again.</param>
    public async IAsyncEnumerable<LogLineItem> ReadLogsAsync(string? name, bool follow = false, int? tail = null, Action<LogNoticeItem>? notice = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var target = Targets.With(name is null ? Targets.Logs : Targets.Log(name), ("follow", follow ? "true" : "false"), ("tail", Targets.Number(tail)));
        var events = new EventStream<object>(_transport, target, static (type, data) => type switch
        {
            "message" => Body.Read<LogLineItem>(data),
            "notice" => Body.Read<LogNoticeItem>(data),
            _ => null,
        });
        using var response = await events.OpenAsync(isFirst: true, cancellationToken).ConfigureAwait(false);
        await foreach (var item in events.ReadAsync(response!, cancellationToken).ConfigureAwait(false))
        {
            if (item.EventType is "end") yield break;
            if (item.Data is LogNoticeItem one) notice?.Invoke(one);
            if (item.Data is LogLineItem line) yield return line;
        }
        throw Problems.BrokenOff(_transport.Address, new IOException("the stream has no end"));
    }

    /// <summary>
    /// Runs a program in a container that runs, to its end. Throws <see cref="MillError.NotFound"/> where no container of this name runs, <see cref="MillError.Forbidden"/> for anybody but an operator, as the program
    /// sees the values of the container's secrets, and <see cref="MillError.Unreachable"/> where the connection is not made, or lost: the program may go on then.
    /// </summary>
    /// <param name="name">Of a service or a task, or the id of an allocation. Of several, the newest that is healthy.</param>
    /// <returns>Its exit code.</returns>
    public async Task<int> ExecAsync(string name, IReadOnlyList<string> command, ProgramStreams streams, CancellationToken cancellationToken = default)
    {
        using var exec = new Exec(_transport, Targets.Exec(name), streams);
        return await exec.RunAsync(command, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>After a restore: lets things be started, moved and ended again.</summary>
    public Task<FleetResponse> ResumeFleetAsync(CancellationToken cancellationToken = default) => PostAsync<FleetResponse>(Targets.Resume, cancellationToken);

    private static (string Name, string? Value) All(bool all) => ("all", all ? "true" : null);

    private static PinnedWriter TextBody(string text)
    {
        var body = new PinnedWriter(Math.Max(64, Encoding.UTF8.GetByteCount(text)));
        Encoding.UTF8.GetBytes(text, body);
        return body;
    }
}
