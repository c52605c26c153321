using System.Net;
using System.Text.Json;
using Mill.Secrets;

namespace Mill.Sync.GitHub;

/// <summary>What GitHub's refusals mean, and what to do about them.</summary>
internal static class GitHubProblems
{
    private const int LongestQuote = 300;
    private const string AddressHint = "Check that the address is that of GitHub's API: https://api.github.com, or https://HOST/api/v3 of a GitHub Enterprise Server.";

    /// <summary>What GitHub says itself, on one line; nothing where it says nothing.</summary>
    public static string MessageOf(GitHubAnswer answer)
    {
        if (answer.IsSuccess || answer.Body.IsEmpty) return "";
        try
        {
            var text = JsonSerializer.Deserialize(answer.Body.Span, GitHubJson.Default.ErrorItem)?.Message ?? "";
            text = string.Join(' ', text.Split((char[])['\r', '\n', '\t', ' '], StringSplitOptions.RemoveEmptyEntries));
            return text.Length > LongestQuote ? text[..LongestQuote] + "…" : text;
        }
        catch (JsonException)
        {
            return ""; // a page of something on the way
        }
    }

    public static MillException From(GitHubCall call, GitHubAnswer answer, string message)
    {
        var said = message is "" ? "." : $": {message.TrimEnd('.')}.";
        return answer.Status switch
        {
            HttpStatusCode.Unauthorized => new(MillError.Unauthenticated, $"GitHub does not take the token{said}") { Hint = "It may have expired, been revoked, or be for another server. Make a new one, and set GH_PAT." },
            HttpStatusCode.Forbidden => new(MillError.Forbidden, $"GitHub refuses {call.What}{said}") { Hint = Needs(call, answer) },
            HttpStatusCode.NotFound => new(MillError.NotFound, $"GitHub knows nothing of {call.What}: it is not there, or the token may not see it.") { Hint = $"Check the name. {Needs(call, answer)}" },
            HttpStatusCode.Conflict => new(MillError.PreconditionFailed, $"GitHub cannot do this with {call.What} now{said}"),
            HttpStatusCode.RequestEntityTooLarge => new(MillError.TooLarge, $"{Capital(call.What)}: more than GitHub takes."),
            HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity => new(MillError.InvalidRequest, $"GitHub refuses {call.What}{said}"),
            >= HttpStatusCode.InternalServerError => new(MillError.Unreachable, $"GitHub answers {(int)answer.Status} to {call.What}{said}") { Hint = "Try again; https://www.githubstatus.com says whether it is GitHub." },
            _ => new(MillError.Internal, $"GitHub answers {(int)answer.Status} to {call.What}{said}"),
        };
    }

    public static MillException NotReached(Uri address, GitHubCall call, Exception cause)
    {
        var why = cause is TimeoutException ? cause.Message : "No connection could be made, or it was lost.";
        return call.IsRepeatable
            ? new(MillError.Unreachable, $"GitHub at {address.Authority} does not answer. {why}", cause) { Hint = "Check the network, and GITHUB_API_URL for a GitHub Enterprise Server." }
            : new(MillError.OutcomeUnknown, $"Whether GitHub took {call.What} is not known. {why}", cause) { Hint = call.Method == HttpMethod.Post ? "Look at the runs of the workflow before you try again." : "Run it again: it looks at what is there first." };
    }

    public static MillException TooLong(GitHubCall call, Exception cause) => new(MillError.Internal, $"GitHub's answer to {call.What} is none that is understood here. {cause.Message}", cause) { Hint = AddressHint };

    /// <param name="name">What it is called now, <c>owner/name</c>.</param>
    public static MillException Transferred(GitHubCall call, string name) => new(MillError.Forbidden, $"{Capital(call.What)}: the repository belongs to somebody else now, as {name}. Nothing was sent there.")
    {
        Hint = $"If it is to have it still, name {name} instead, where it is named; a policy has to allow that.",
    };

    public static MillException NotUnderstood(GitHubCall call) => new(MillError.Internal, $"GitHub's answer to {call.What} is not one that is understood here.")
    {
        Hint = AddressHint,
    };

    /// <summary>What the token lacks, as far as GitHub says it.</summary>
    private static string Needs(GitHubCall call, GitHubAnswer answer)
    {
        if (answer["X-GitHub-SSO"] is { } sso) return $"The organization wants the token authorized for single sign-on: {sso.Split("url=")[^1]}";
        if (answer["X-Accepted-GitHub-Permissions"] is { Length: > 0 } permissions)
        {
            // An app may be given them; what Actions makes for a run is one, too, and may not.
            var isOfApp = MessageOf(answer).Contains("by integration", StringComparison.Ordinal);
            return $"The token needs these permissions: {permissions.Replace(";", " or", StringComparison.Ordinal)}.{(isOfApp ? " The GITHUB_TOKEN of a workflow cannot be given them for secrets, nor any for another repository: set GH_PAT." : "")}";
        }
        var (own, accepted) = (answer["X-OAuth-Scopes"], answer["X-Accepted-OAuth-Scopes"]);
        if (own is not null && accepted is { Length: > 0 } && Words(own).Intersect(Words(accepted), StringComparer.Ordinal).Any()) return $"The token has the scope for it ({string.Join(", ", Words(own))}): its owner may have no access.";
        if (own is not null && accepted is { Length: > 0 }) return $"The token has {(own is "" ? "no scopes" : $"the scopes {own}")}; this needs {accepted.Replace(", ", " or ", StringComparison.Ordinal)}.";
        if (call.Permission is { } permission) return $"The token needs repo (a classic one), or the permission {permission} (a fine-grained one or an app). The GITHUB_TOKEN of a workflow reaches its own repository only.";
        return $"The token needs repo (a classic one), or the permission to {(call.IsWrite ? "write" : "read")} secrets (a fine-grained one or an app). The GITHUB_TOKEN of a workflow reads and writes none.";
    }

    private static string[] Words(string list) => list.Split((char[])[',', ' '], StringSplitOptions.RemoveEmptyEntries);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
