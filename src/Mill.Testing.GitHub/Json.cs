using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>Things as GitHub shows them: all members that its published description demands.</summary>
internal static class Json
{
    /// <summary>As GitHub writes it, with nothing escaped that need not be.</summary>
    public static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] PersonLinks =
        ["avatar_url", "events_url", "followers_url", "following_url", "gists_url", "organizations_url", "received_events_url", "repos_url", "starred_url", "subscriptions_url"];

    private static readonly string[] RepositoryLinks =
    [
        "archive_url", "assignees_url", "blobs_url", "branches_url", "collaborators_url", "comments_url", "commits_url", "compare_url", "contents_url", "contributors_url", "deployments_url", "downloads_url",
        "events_url", "forks_url", "git_commits_url", "git_refs_url", "git_tags_url", "hooks_url", "issue_comment_url", "issue_events_url", "issues_url", "keys_url", "labels_url", "languages_url", "merges_url",
        "milestones_url", "notifications_url", "pulls_url", "releases_url", "stargazers_url", "statuses_url", "subscribers_url", "subscription_url", "tags_url", "teams_url", "trees_url",
    ];

    private static readonly string[] RepositoryCounts =
        ["forks", "forks_count", "network_count", "open_issues", "open_issues_count", "size", "stargazers_count", "subscribers_count", "watchers", "watchers_count"];

    private static readonly string[] RepositorySwitches = ["archived", "disabled", "has_discussions", "has_downloads", "has_issues", "has_pages", "has_projects", "has_wiki"];

    private static readonly string[] RunLinks = ["jobs_url", "logs_url", "check_suite_url", "artifacts_url", "cancel_url", "rerun_url"];

    /// <summary>Whole seconds, UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static JsonObject Map(IReadOnlyDictionary<string, string> texts) => new(texts.Select(item => KeyValuePair.Create<string, JsonNode?>(item.Key, item.Value)));

    /// <param name="selection">Where its selected repositories are; null where they are not.</param>
    public static JsonObject Secret(FakeSecret secret, string? selection = null, bool isOrganization = false)
    {
        var json = new JsonObject { ["name"] = secret.Name, ["created_at"] = Time(secret.CreatedAt), ["updated_at"] = Time(secret.UpdatedAt) };
        if (isOrganization) json["visibility"] = secret.Visibility;
        if (selection is not null) json["selected_repositories_url"] = selection;
        return json;
    }

    public static JsonObject Owner(Call call, FakeOwner owner)
    {
        var url = $"{call.BaseAddress}/users/{owner.Login}";
        var json = new JsonObject
        {
            ["login"] = owner.Login,
            ["id"] = owner.Id,
            ["node_id"] = $"U_{owner.Id}",
            ["gravatar_id"] = "",
            ["url"] = url,
            ["html_url"] = $"{call.HtmlAddress}/{owner.Login}",
            ["type"] = owner.IsOrganization ? "Organization" : "User",
            ["site_admin"] = false,
        };
        AddLinks(json, PersonLinks, url);
        return json;
    }

    public static JsonObject Repository(Call call, FakeRepository repository)
    {
        var url = $"{call.BaseAddress}/repos/{repository.FullName}";
        var json = new JsonObject
        {
            ["id"] = repository.Id,
            ["node_id"] = $"R_{repository.Id}",
            ["name"] = repository.Name,
            ["full_name"] = repository.FullName,
            ["owner"] = Owner(call, repository.Owner),
            ["private"] = repository.IsPrivate,
            ["visibility"] = repository.IsPrivate ? "private" : "public",
            ["html_url"] = $"{call.HtmlAddress}/{repository.FullName}",
            ["description"] = null,
            ["fork"] = false,
            ["url"] = url,
            ["default_branch"] = repository.DefaultBranch,
        };
        AddLinks(json, RepositoryLinks, url);
        return json;
    }

    /// <summary>As it is shown by itself.</summary>
    public static JsonObject FullRepository(Call call, FakeRepository repository)
    {
        var (json, page) = (Repository(call, repository), $"{call.HtmlAddress}/{repository.FullName}");
        foreach (var name in RepositoryCounts) json[name] = 0;
        foreach (var name in RepositorySwitches) json[name] = false;
        foreach (var name in (string[])["homepage", "language", "mirror_url", "license"]) json[name] = null;
        foreach (var name in (string[])["created_at", "updated_at", "pushed_at"]) json[name] = Time(repository.CreatedAt);
        (json["clone_url"], json["svn_url"]) = ($"{page}.git", page);
        (json["git_url"], json["ssh_url"]) = ($"git:{page[(page.IndexOf(':') + 1)..]}.git", $"git@github.com:{repository.FullName}.git");
        return json;
    }

    /// <param name="time">How far the run is to be.</param>
    public static JsonObject Run(Call call, FakeRun run, DateTimeOffset time)
    {
        var state = run.At(time)!.Value;
        var created = Time(run.CreatedAt!.Value);
        var repository = $"{call.BaseAddress}/repos/{run.Repository.FullName}";
        var url = $"{repository}/actions/runs/{run.Id}";
        var json = new JsonObject
        {
            ["id"] = run.Id,
            ["node_id"] = $"WFR_{run.Id}",
            ["name"] = run.Workflow.Path,
            ["head_branch"] = run.Repository.DefaultBranch,
            ["head_sha"] = new string('0', 40),
            ["path"] = run.Workflow.Path,
            ["display_title"] = run.Title,
            ["run_number"] = run.Number,
            ["run_attempt"] = 1,
            ["event"] = "repository_dispatch",
            ["status"] = state.Status,
            ["conclusion"] = state.Conclusion,
            ["workflow_id"] = run.Repository.Id,
            ["workflow_url"] = $"{repository}/actions/workflows/{run.Repository.Id}",
            ["url"] = url,
            ["html_url"] = $"{call.HtmlAddress}/{run.Repository.FullName}/actions/runs/{run.Id}",
            ["pull_requests"] = new JsonArray(),
            ["created_at"] = created,
            ["updated_at"] = Time(state.At),
            ["run_started_at"] = created,
            ["head_commit"] = null,
            ["repository"] = Repository(call, run.Repository),
            ["head_repository"] = Repository(call, run.Repository),
        };
        AddLinks(json, RunLinks, url);
        return json;
    }

    public static JsonObject Installation(Call call, FakeInstallation installation)
    {
        var url = $"{call.BaseAddress}/app/installations/{installation.Id}";
        return new()
        {
            ["id"] = installation.Id,
            ["account"] = Owner(call, installation.Owner),
            ["app_id"] = installation.App.Id,
            ["client_id"] = installation.App.ClientId,
            ["app_slug"] = installation.App.Slug,
            ["target_id"] = installation.Owner.Id,
            ["target_type"] = installation.Owner.IsOrganization ? "Organization" : "User",
            ["repository_selection"] = installation.Repositories is null ? "all" : "selected",
            ["access_tokens_url"] = $"{url}/access_tokens",
            ["repositories_url"] = $"{call.BaseAddress}/installation/repositories",
            ["html_url"] = $"{call.HtmlAddress}/settings/installations/{installation.Id}",
            ["permissions"] = Map(installation.Permissions),
            ["events"] = new JsonArray(),
            ["single_file_name"] = null,
            ["created_at"] = Time(installation.CreatedAt),
            ["updated_at"] = Time(installation.CreatedAt),
            ["suspended_at"] = null,
            ["suspended_by"] = null,
        };
    }

    private static void AddLinks(JsonObject json, string[] names, string url)
    {
        foreach (var name in names) json[name] = $"{url}/{name[..^"_url".Length]}";
    }
}
