using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>What the one who plays a workflow has: <see cref="FakeWorkflow.Play"/>.</summary>
/// <param name="Payload">What came as <c>client_payload</c>.</param>
/// <param name="Secrets">Those that it sees: of its environment when the job began, and, as they were when the run was made, of its repository and its organization.</param>
public sealed record FakeWorkflowJob(FakeRepository Repository, FakeRun Run, JsonObject Payload, IReadOnlyDictionary<string, byte[]> Secrets)
{
    public string? Text(string member) => Payload[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    // A record prints its members.
    public override string ToString() => Run.Title;
}
