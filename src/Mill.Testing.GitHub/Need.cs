namespace Mill.Testing.GitHub;

/// <summary>What a token must have for an operation.</summary>
/// <param name="Scope">Of a classic token; null for none.</param>
/// <param name="Permission">Of any other.</param>
/// <param name="IsPublic">True where everybody may who sees the repository.</param>
internal sealed record Need(string? Scope, string Permission, bool IsWrite = false, bool IsPublic = false)
{
    private const string Repository = "repo";

    public static Need Metadata { get; } = new(Repository, "metadata", IsPublic: true);

    public static Need ReadRuns { get; } = new(Repository, "actions", IsPublic: true);

    public static Need Dispatch { get; } = new(Repository, "contents", IsWrite: true);

    public static Need Secrets(FakeStore store, bool isWrite, bool isPublic = false) => new(Repository, store is FakeStore.Actions ? "secrets" : $"{Word(store)}_secrets", isWrite, isPublic);

    public static Need EnvironmentSecrets(bool isWrite, bool isPublic) => new(Repository, "environments", isWrite, isPublic);

    public static Need OrganizationSecrets(FakeStore store, bool isWrite) => new("admin:org", store is FakeStore.Actions ? "organization_secrets" : $"organization_{Word(store)}_secrets", isWrite);

    /// <summary>As in <c>X-Accepted-GitHub-Permissions</c>.</summary>
    public override string ToString() => $"{Permission}={(IsWrite ? "write" : "read")}";

    private static string Word(FakeStore store) => store is FakeStore.Dependabot ? "dependabot" : "codespaces";
}
