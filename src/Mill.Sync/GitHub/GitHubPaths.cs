using Mill.Core.Sync;

namespace Mill.Sync.GitHub;

/// <summary>Where things are in GitHub's API.</summary>
internal static class GitHubPaths
{
    public const int PageSize = 100; // the most that GitHub gives

    public static string Of(RepositoryName repository) => $"repos/{repository.Owner}/{repository.Name}";

    public static string SecretsOf(SecretScope scope) => scope switch
    {
        { Repository: { } repository, Environment: { } environment } => $"{Of(repository)}/environments/{Uri.EscapeDataString(environment)}/secrets",
        { Repository: { } repository } => $"{Of(repository)}/{Of(scope.Store)}/secrets",
        _ => $"orgs/{scope.Organization}/{Of(scope.Store)}/secrets",
    };

    public static string OwnerOf(SecretScope scope) => scope.Repository?.Owner ?? scope.Organization!;

    private static string Of(SecretStore store) => store switch
    {
        SecretStore.Dependabot => "dependabot",
        SecretStore.Codespaces => "codespaces",
        _ => "actions",
    };
}
