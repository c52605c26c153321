using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Mill.Testing.GitHub;

/// <summary>What a <c>run-name</c> comes to: of GitHub's expressions those that name a part of the event.</summary>
internal static partial class RunTitle
{
    public static string Of(FakeWorkflow workflow, string eventType, JsonObject payload)
    {
        var title = workflow.RunName is null ? "" : Expression().Replace(workflow.RunName, match => match.Groups["path"].Value is "action" ? eventType : Find(payload, match.Groups["path"].Value));
        return title.Length == 0 ? eventType : title;
    }

    private static string Find(JsonObject payload, string path)
    {
        JsonNode? node = payload;
        foreach (var name in path.Split('.').Skip(1)) node = (node as JsonObject)?[name];
        return node?.ToString() ?? "";
    }

    [GeneratedRegex(@"\$\{\{\s*github\.event\.(?<path>action|client_payload(?:\.[A-Za-z0-9_-]+)+)\s*\}\}", RegexOptions.ExplicitCapture)]
    private static partial Regex Expression();
}
