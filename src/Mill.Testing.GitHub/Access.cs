namespace Mill.Testing.GitHub;

/// <summary>Who may do what. Of what a token cannot see the answer is that it is not there.</summary>
internal static class Access
{
    /// <summary>The repository, for a token that has what is needed. Throws <see cref="RefusedException"/>.</summary>
    /// <param name="rest">What stands behind the repository in the path.</param>
    public static FakeRepository Repository(Call call, string owner, string name, string[] rest, Need need)
    {
        if (call.World.FindOwner(owner)?.Repositories.FirstOrDefault(repository => repository.IsCalled(name)) is { } found) return Demand(call, found, need);
        if (call.World.Repositories.FirstOrDefault(repository => repository.WasCalled($"{owner}/{name}")) is not { } moved || !Sees(call, moved)) throw new RefusedException(Answer.NotFound);
        call.Need = need;
        throw new RefusedException(Answer.Moved(call.Method, Listing.Address(call, Lasting(moved, rest))));
    }

    public static FakeRepository Repository(Call call, long id, Need need) =>
        Demand(call, call.World.Repositories.FirstOrDefault(repository => repository.Id == id) ?? throw new RefusedException(Answer.NotFound), need);

    public static FakeOwner Organization(Call call, FakeOwner? organization, Need need)
    {
        call.Need = need;
        if (call.App is not null) throw NotForIt("integration");
        if (call.Token is not { } token) throw new RefusedException(Answer.Error(401, "Requires authentication"));
        if (organization is not { IsOrganization: true } || !token.Reaches(organization)) throw new RefusedException(Answer.NotFound);
        DemandSingleSignOn(call, organization);
        if (!token.Has(need)) throw Lacks(token, $"You must be an org admin or have the {need.Permission.Replace('_', ' ')} fine-grained permission.");
        return organization;
    }

    public static string Lasting(FakeRepository repository, string[] rest) => "/" + string.Join('/', rest.Select(Uri.EscapeDataString).Prepend($"repositories/{repository.Id}"));

    private static FakeRepository Demand(Call call, FakeRepository repository, Need need)
    {
        call.Need = need;
        if (!Sees(call, repository)) throw new RefusedException(Answer.NotFound);
        if (call.App is not null) throw NotForIt("integration");
        if (!repository.IsPrivate && need.IsPublic) return repository;
        if (call.Token is not { } token) throw new RefusedException(Answer.Error(401, "Requires authentication"));
        DemandSingleSignOn(call, repository.Owner);
        if (!token.Reaches(repository) || !token.Has(need)) throw Lacks(token, "You must have repository read permissions or have the repository secrets fine-grained permission.");
        return repository;
    }

    private static bool Sees(Call call, FakeRepository repository) =>
        !repository.IsPrivate || (call.Token is { } token && token.Reaches(repository) && token.Has(Need.Metadata)) || (call.App?.Installations.Any(installation => installation.Owner == repository.Owner) ?? false);

    private static void DemandSingleSignOn(Call call, FakeOwner owner)
    {
        if (call.Token is not { AwaitsSingleSignOn: true }) return;
        throw new RefusedException(Answer.Error(403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.") with
        {
            Headers = [("X-GitHub-SSO", $"required; url={call.HtmlAddress}/orgs/{owner.Login}/sso?authorization_request=ABC")],
        });
    }

    private static RefusedException Lacks(FakeToken token, string classic) => token.Kind switch
    {
        FakeTokenKind.FineGrained => NotForIt("personal access token"),
        FakeTokenKind.Installation => NotForIt("integration"),
        _ => new(Answer.Error(403, classic)),
    };

    private static RefusedException NotForIt(string who) => new(Answer.Error(403, $"Resource not accessible by {who}"));
}
