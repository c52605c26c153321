using System.Text;
using System.Text.Json.Nodes;
using Mill.Sync.Exports;
using Mill.Testing.GitHub;

namespace Mill.Tests.Cli;

/// <summary>The workflow of a source, as its file has it, played by the command itself.</summary>
internal sealed class ExportJob(FakeGitHub gitHub, FakeToken token, string policy)
{
    /// <summary>Where the runner has its summary; null for none.</summary>
    public string? Summary { get; init; }

    /// <summary>Who asked, as the runner says it; null where it says nothing.</summary>
    public string? Actor { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>All that was said.</summary>
    public List<string> Said { get; } = [];

    public FakeWorkflow Workflow() => new() { QueueDelay = TimeSpan.Zero, StartDelay = TimeSpan.Zero, Play = PlayAsync };

    /// <param name="payload">What somebody sent.</param>
    /// <param name="secrets">Those that the job sees.</param>
    public Session Prepare(JsonObject payload, IReadOnlyDictionary<string, byte[]> secrets)
    {
        var session = new Session
        {
            Time = Time,
            Variables =
            {
                ["GITHUB_API_URL"] = gitHub.Address.ToString(),
                ["GITHUB_ACTIONS"] = "true",
                ["GH_PAT"] = token.Text,
                [WorkflowFile.PayloadVariable] = payload.ToJsonString(),
                [WorkflowFile.PolicyVariable] = policy,
            },
        };
        if (Summary is not null) session.Variables["GITHUB_STEP_SUMMARY"] = Summary;
        if (Actor is not null) session.Variables["GITHUB_ACTOR"] = Actor;
        // As the runner does: it finds members in either case.
        var asked = payload.FirstOrDefault(member => member.Key.Equals("secrets", StringComparison.OrdinalIgnoreCase)).Value as JsonArray ?? [];
        foreach (var (name, place) in asked.Select((name, place) => (name!.ToString(), place)))
        {
            session.Variables[WorkflowFile.NameVariable(place)] = name;
            session.Variables[WorkflowFile.ValueVariable(place)] = secrets.TryGetValue(name, out var value) ? Encoding.UTF8.GetString(value) : "";
        }
        return session;
    }

    private async Task<bool> PlayAsync(FakeWorkflowJob job, CancellationToken cancellationToken)
    {
        var session = Prepare(job.Payload, job.Secrets);
        var code = await session.RunAsync(["sync", "export"], cancellationToken);
        lock (Said) Said.AddRange([session.Output, session.Error]);
        return code is 0;
    }
}
