namespace Mill.Core.Sync;

/// <summary>Who on GitHub reads a secret: each has stores of its own.</summary>
public enum SecretStore
{
    Actions,
    Dependabot,
    Codespaces,
}

/// <summary>One place where GitHub keeps secrets: a repository, an environment of one, or an organization.</summary>
public sealed record SecretScope
{
    private SecretScope()
    {
    }

    /// <summary>Null for an organization.</summary>
    public RepositoryName? Repository { get; private init; }

    /// <summary>Null for a repository.</summary>
    public string? Organization { get; private init; }

    /// <summary>Null but for an environment; these have secrets for Actions only.</summary>
    public string? Environment { get; private init; }

    public SecretStore Store { get; private init; }

    public static SecretScope Of(RepositoryName repository, SecretStore store = SecretStore.Actions) => new() { Repository = repository, Store = store };

    public static SecretScope Of(RepositoryName repository, string environment) => new() { Repository = repository, Environment = environment };

    public static SecretScope OfOrganization(string organization, SecretStore store = SecretStore.Actions) => new() { Organization = organization, Store = store };

    /// <summary>How people write it: <c>owner/name</c>, <c>owner/name@environment</c> or <c>owner</c>, with <c>:dependabot</c> or <c>:codespaces</c> behind it for those stores.</summary>
    public override string ToString() =>
        $"{(Repository is { } repository ? $"{repository}{(Environment is { } environment ? $"@{environment}" : "")}" : Organization)}{(Store is SecretStore.Actions ? "" : $":{Store.ToString().ToLowerInvariant()}")}";
}
