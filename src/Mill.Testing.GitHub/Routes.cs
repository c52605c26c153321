using System.Globalization;

namespace Mill.Testing.GitHub;

/// <summary>Which path is what. Each handler is called within the lock.</summary>
internal static class Routes
{
    public static Answer Find(Call call, WorkflowPlayer player) => call.Segments switch
    {
        ["repos", var owner, var name, .. var rest] => Repository(call, rest, player, need => Access.Repository(call, owner, name, rest, need)),
        ["repositories", var text, .. var rest] when Id(text) is { } id => Repository(call, rest, player, need => Access.Repository(call, id, need)),
        ["orgs", var login, .. var rest] => Organization(call, rest, call.World.FindOwner(login)),
        ["organizations", var text, .. var rest] when Id(text) is { } id => Organization(call, rest, call.World.Owners.Find(owner => owner.Id == id)),
        ["users", var login, "installation"] => AppRoutes.FindInstallation(call, call.World.FindOwner(login) is { IsOrganization: false } owner ? owner : null),
        ["app", "installations", var text, "access_tokens"] when call.Method is "POST" => AppRoutes.NewToken(call, Id(text)),
        ["app", "installations"] when call.Method is "GET" => AppRoutes.ListInstallations(call),
        _ => Answer.NotFound,
    };

    private static Answer Repository(Call call, string[] rest, WorkflowPlayer player, Func<Need, FakeRepository> find) => (call.Method, rest) switch
    {
        ("GET", []) => Answer.Ok(Json.FullRepository(call, find(Need.Metadata))),
        ("GET", ["installation"]) => AppRoutes.FindInstallation(call, find),
        ("POST", ["dispatches"]) => DispatchRoutes.Dispatch(call, find(Need.Dispatch), player),
        ("GET", ["actions", "runs"]) => RunRoutes.List(call, Lasting(call, find(Need.ReadRuns), rest)),
        ("GET", ["actions", "runs", var text]) => RunRoutes.Get(call, find(Need.ReadRuns), Id(text)),
        ("GET", ["actions", "organization-secrets"]) => SecretRoutes.ListInherited(call, Lasting(call, find(Need.Secrets(FakeStore.Actions, isWrite: false)), rest)),
        (_, ["environments", var environment, "secrets", .. var name]) => SecretRoutes.Serve(call, name, need => Lasting(call, find(need), rest).FindEnvironment(environment), Need.EnvironmentSecrets),
        (_, [var word, "secrets", .. var name]) when Store(word) is { } store =>
            SecretRoutes.Serve(call, name, need => Lasting(call, find(need), rest).Store(store), (isWrite, isPublic) => Need.Secrets(store, isWrite, isPublic)),
        _ => Answer.NotFound,
    };

    private static Answer Organization(Call call, string[] rest, FakeOwner? owner)
    {
        if (rest is ["installation"] && call.Method is "GET") return AppRoutes.FindInstallation(call, owner is { IsOrganization: true } ? owner : null);
        if (rest is not [var word, "secrets", .. var name] || Store(word) is not { } store) return Answer.NotFound;
        var organization = Access.Organization(call, owner, Need.OrganizationSecrets(store, isWrite: call.Method is not "GET"));
        call.LastingPath = "/" + string.Join('/', rest.Select(Uri.EscapeDataString).Prepend($"organizations/{organization.Id}"));
        return name is [var secret, "repositories", .. var id]
            ? SelectionRoutes.Serve(call, organization, store, secret, id)
            : SecretRoutes.Serve(call, name, _ => organization.Store(store), (isWrite, _) => Need.OrganizationSecrets(store, isWrite));
    }

    private static FakeRepository Lasting(Call call, FakeRepository repository, string[] rest)
    {
        call.LastingPath = Access.Lasting(repository, rest);
        return repository;
    }

    private static FakeStore? Store(string word) => word switch
    {
        "actions" => FakeStore.Actions,
        "dependabot" => FakeStore.Dependabot,
        "codespaces" => FakeStore.Codespaces,
        _ => null,
    };

    private static long? Id(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;
}
