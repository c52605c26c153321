using System.Globalization;
using System.Text.Json;
using Mill.Core.Sync;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

public sealed partial class GitHubClient
{
    private const int LongestPayload = 64 << 10;
    private const string ReadRuns = "to read actions";

    /// <summary>
    /// Sends the event to the workflows of the repository's default branch (https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event). GitHub says nothing about whether there is one
    /// that cares. Returns GitHub's clock at that time.
    /// </summary>
    internal async Task<DateTimeOffset> DispatchAsync(RepositoryName repository, string eventType, ExportPayload payload, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(new DispatchRequest(eventType, payload), GitHubJson.Default.DispatchRequest);
        if (body.Length >= LongestPayload) throw new MillException(MillError.TooLarge, "These are more names than GitHub takes in one request.");
        var call = new GitHubCall(HttpMethod.Post, repository.Owner, $"{GitHubPaths.Of(repository)}/dispatches", $"the event {eventType} for {repository}") { Body = body, Permission = "to write contents" };
        return (await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false)).Date;
    }

    /// <summary>The run whose title contains the text, of those that an event began; null where there is none so far.</summary>
    internal async Task<WorkflowRun?> FindRunAsync(RepositoryName repository, string title, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var from = since.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        var path = $"{GitHubPaths.Of(repository)}/actions/runs?event=repository_dispatch&created={Uri.EscapeDataString($">={from}")}";
        var (runs, _) = await ReadPagesAsync(repository.Owner, path, $"the workflow runs of {repository}", GitHubJson.Default.RunsPage, page => (page.WorkflowRuns, page.TotalCount), cancellationToken, ReadRuns).ConfigureAwait(false);
        return runs.Select(run => run.ToRun()).FirstOrDefault(run => run.Title.Contains(title, StringComparison.Ordinal));
    }

    internal async Task<WorkflowRun> GetRunAsync(RepositoryName repository, long id, CancellationToken cancellationToken)
    {
        var call = new GitHubCall(HttpMethod.Get, repository.Owner, string.Create(CultureInfo.InvariantCulture, $"{GitHubPaths.Of(repository)}/actions/runs/{id}"), $"run {id} of {repository}") { Permission = ReadRuns };
        return (await _transport.SendAsync(call, cancellationToken).ConfigureAwait(false)).Read(call, GitHubJson.Default.RunItem).ToRun();
    }
}
