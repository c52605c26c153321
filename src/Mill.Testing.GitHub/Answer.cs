using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>What the server says.</summary>
internal sealed record Answer(int Status, JsonNode? Body = null)
{
    private const string Documentation = "https://docs.github.com/rest";

    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public static Answer NoContent { get; } = new(204);

    /// <summary>Also for what is there and is not to be seen.</summary>
    public static Answer NotFound => Error(404, "Not Found");

    public static Answer Ok(JsonNode body) => new(200, body);

    public static Answer Error(int status, string message, string documentation = Documentation) =>
        new(status, new JsonObject { ["message"] = message, ["documentation_url"] = documentation, ["status"] = $"{status}" });

    public static Answer Unprocessable(string message, string documentation = Documentation) => Error(422, message, documentation);

    /// <summary>GitHub's way to say that a body is not what its schema asks for.</summary>
    public static Answer Invalid(string details) => Unprocessable($"Invalid request.\n\n{details}");

    /// <summary>For a repository that has another name now. Only what reads may become a GET on the way, so the rest gets 307.</summary>
    public static Answer Moved(string method, string address) =>
        new(method is "GET" or "HEAD" ? 301 : 307, new JsonObject { ["message"] = "Moved Permanently", ["url"] = address, ["documentation_url"] = Documentation }) { Headers = [("Location", address)] };
}

/// <summary>Ends the work on a request with an answer that is not what was asked for.</summary>
internal sealed class RefusedException(Answer answer) : Exception
{
    public Answer Answer => answer;
}
