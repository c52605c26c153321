using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>Events for workflows (https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event).</summary>
internal static class DispatchRoutes
{
    private const int MostMembers = 10;
    private const int LongestPayload = 64 * 1024;
    private const int LongestType = 100;

    /// <summary>Taken, whether or not there is a workflow that cares.</summary>
    public static Answer Dispatch(Call call, FakeRepository repository, WorkflowPlayer player)
    {
        var eventType = call.DemandText("event_type");
        if (eventType.Length is 0 or > LongestType) return Answer.Invalid($"event_type has {eventType.Length} characters: 1 to {LongestType} are allowed.");
        var node = call.Json()["client_payload"] ?? new JsonObject();
        if (node is not JsonObject payload) return Answer.Invalid($"For 'properties/client_payload', {node.ToJsonString()} is not an object.");
        if (payload.Count > MostMembers) return Answer.Invalid($"No more than {MostMembers} properties are allowed; {payload.Count} were supplied.");
        if (payload.ToJsonString(Json.Plain).Length >= LongestPayload) return Answer.Unprocessable("client_payload is too large.");
        player.Take(repository, eventType, payload.DeepClone().AsObject());
        return Answer.NoContent;
    }
}
