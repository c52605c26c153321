using System.Text.Json.Nodes;

namespace Mill.Testing.GitHub;

/// <summary>Apps, and the tokens that they get (https://docs.github.com/en/rest/apps/apps).</summary>
internal static class AppRoutes
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    public static Answer ListInstallations(Call call)
    {
        var app = Demand(call);
        return Answer.Ok(new JsonArray([.. app.Installations.Select(installation => (JsonNode)Json.Installation(call, installation))]));
    }

    public static Answer FindInstallation(Call call, FakeOwner? owner) => Show(call, Demand(call).Installations.FirstOrDefault(installation => installation.Owner == owner));

    public static Answer FindInstallation(Call call, Func<Need, FakeRepository> find)
    {
        var app = Demand(call);
        var repository = FindFor(call, find);
        return Show(call, app.Installations.FirstOrDefault(installation => installation.Owner == repository?.Owner && (installation.Repositories is null || installation.Repositories.Contains(repository.Id))));
    }

    /// <summary>A token that has what the installation has, or what the body leaves of it.</summary>
    public static Answer NewToken(Call call, long? id)
    {
        if (Demand(call).Installations.FirstOrDefault(installation => installation.Id == id) is not { } installation) return Answer.NotFound;
        var permissions = Permissions(call, installation);
        var repositories = Repositories(call, installation);
        var token = FakeToken.Installation(installation.Owner.Login, permissions, repositories) with { ExpiresAt = call.World.Now + Lifetime, Account = $"installation {installation.Id}" };
        call.World.Tokens.Add(token.Text, token);
        var body = new JsonObject
        {
            ["token"] = token.Text,
            ["expires_at"] = Json.Time(call.World.Now + Lifetime),
            ["permissions"] = Json.Map(permissions),
            ["repository_selection"] = repositories is null ? "all" : "selected",
        };
        return new(201, body);
    }

    private static Answer Show(Call call, FakeInstallation? installation) => installation is null ? Answer.NotFound : Answer.Ok(Json.Installation(call, installation));

    private static FakeApp Demand(Call call) => call.App ?? throw new RefusedException(Answer.Error(401, "A JSON web token could not be decoded"));

    // An app sees where it is installed; of other repositories it hears what anybody hears, and the answer is the same.
    private static FakeRepository? FindFor(Call call, Func<Need, FakeRepository> find)
    {
        var app = call.App;
        try
        {
            call.App = null;
            call.Token = app is null ? null : FakeToken.Classic([.. app.Installations.Select(installation => installation.Owner.Login)], "repo");
            return find(Need.Metadata);
        }
        finally
        {
            (call.App, call.Token) = (app, null);
        }
    }

    private static IReadOnlyDictionary<string, string> Permissions(Call call, FakeInstallation installation)
    {
        if (call.Json()["permissions"] is not JsonObject asked) return installation.Permissions;
        var wanted = asked.ToDictionary(item => item.Key, item => item.Value?.ToString() ?? "");
        if (wanted.Any(item => !installation.Permissions.TryGetValue(item.Key, out var level) || (level is "read" && item.Value is not "read")))
            throw new RefusedException(Answer.Unprocessable("The permissions requested are not granted to this installation."));
        return FakeToken.Parse(wanted.Select(item => $"{item.Key}={item.Value}"));
    }

    private static IReadOnlyList<long>? Repositories(Call call, FakeInstallation installation)
    {
        var (names, ids) = (call.Json()["repositories"] as JsonArray, call.Json()["repository_ids"] as JsonArray);
        if (names is null && ids is null) return installation.Repositories;
        var reached = installation.Owner.Repositories.Where(repository => installation.Repositories is null || installation.Repositories.Contains(repository.Id)).ToList();
        var found = (names ?? []).Select(name => reached.Find(repository => repository.IsCalled(name?.ToString() ?? "")))
            .Concat((ids ?? []).Select(id => reached.Find(repository => $"{repository.Id}" == id?.ToString()))).ToList();
        if (found.Contains(null)) throw new RefusedException(Answer.Unprocessable("There is at least one repository that does not exist or is not accessible to the parent installation."));
        return [.. found.OfType<FakeRepository>().Select(repository => repository.Id).Distinct()];
    }
}
